import { Module } from '@nestjs/common';
import { BillingModule } from '#modules/billing/billing.module';
import { CatalogModule } from '#modules/catalog/catalog.module';
import { IdentityModule } from '#modules/identity/identity.module';
import { InventoryModule } from '#modules/inventory/inventory.module';
import { OrdersModule } from '#modules/orders/orders.module';
import { ShippingModule } from '#modules/shipping/shipping.module';

/** The map of the system: one line a module. */
@Module({
  imports: [IdentityModule, CatalogModule, InventoryModule, OrdersModule, BillingModule, ShippingModule],
})
export class MonolithModule {}
