import { Module } from '@nestjs/common';
import { AuditModule } from './audit.js';
import { LedgerModule } from './ledger.js';
import { MirrorModule } from './mirror.js';

/**
 *   ledger ── posted ──▶ mirror ── confirm ──▶ ledger ── confirmed ──▶ audit
 *      └───── posted ──▶ audit
 *      └───── cursed ──▶ mirror, always in vain           mirror ── remind, delayed ──▶ mirror
 */
@Module({ imports: [LedgerModule, MirrorModule, AuditModule] })
export class TortureModule {}
