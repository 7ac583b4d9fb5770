import { CqrsModule } from '@nestjs/cqrs';
import { Kernel } from '#kernel/bounded-context';
import { openApiOf } from '#kernel/http/openapi';
import { withModules } from '#kernel/http/whole-system';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import { API } from '../../host/boot.js';
import { membersOfTheSystem } from '../../host/system.js';

class NoModule {}

/** The HTTP API of all modules together, as any app serves it. Nothing of them is made for it, so it needs no database. */
export async function openApi(): Promise<object> {
  const runtime = new Runtime({
    ownerUrl: '',
    moduleUrls: {},
    connectionBudget: 0,
    transport: new InProcessTransport(),
    settings: {},
  });
  const root = { module: NoModule, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] };
  const settings = { jwksUrls: () => [], issuer: '', audience: '' };
  const modules = membersOfTheSystem().map(({ module }) => module);
  const app = await withModules(modules, root, settings);
  try {
    return openApiOf(app, API);
  } finally {
    await app.close();
  }
}
