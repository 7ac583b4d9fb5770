import { Module } from '@nestjs/common';
import { CatalogModule } from '#modules/catalog/catalog.module';

/** The map of the system: one line a module. */
@Module({ imports: [CatalogModule] })
export class MonolithModule {}
