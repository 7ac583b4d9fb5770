import { Module } from '@nestjs/common';
import { CatalogModule } from '#modules/catalog/catalog.module';
import { IdentityModule } from '#modules/identity/identity.module';
import { InventoryModule } from '#modules/inventory/inventory.module';

/** The map of the system: one line a module. */
@Module({ imports: [IdentityModule, CatalogModule, InventoryModule] })
export class MonolithModule {}
