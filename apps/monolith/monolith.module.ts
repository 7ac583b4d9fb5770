import { Module } from '@nestjs/common';
import { CatalogModule } from '#modules/catalog/catalog.module';
import { InventoryModule } from '#modules/inventory/inventory.module';

/** The map of the system: one line a module. */
@Module({ imports: [CatalogModule, InventoryModule] })
export class MonolithModule {}
