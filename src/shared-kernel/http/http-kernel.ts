import {
  type CallHandler,
  type DynamicModule,
  type ExecutionContext,
  Global,
  Injectable,
  Module,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, ModulesContainer } from '@nestjs/core';
import { currentContext } from '../telemetry/context.js';
import { AccessGuard } from './access.js';
import { AnswerInterceptor } from './answer.js';
import { HealthController, HealthRegistry } from './health.js';
import { JsonOnly } from './json-only.js';
import { HttpSettings, TokenVerifier } from './tokens.js';
import { ValidationPipe } from './validation.js';

/** Says in the telemetry context which module is at work: `OrdersModule` is `orders`, by the class of the controller. */
@Injectable()
class ModuleInContext implements NestInterceptor {
  private readonly names = new Map<unknown, string>();

  constructor(private readonly modules: ModulesContainer) {}

  intercept(execution: ExecutionContext, next: CallHandler) {
    const context = currentContext();
    if (context) context.module = this.nameOf(execution.getClass());
    return next.handle();
  }

  private nameOf(controller: Type): string {
    const known = this.names.get(controller) ?? kebab(this.hostOf(controller)?.name ?? controller.name);
    this.names.set(controller, known);
    return known;
  }

  private hostOf(controller: Type) {
    return [...this.modules.values()].find((module) => module.controllers.has(controller));
  }
}

function kebab(className: string): string {
  return className
    .replace(/Module$/, '')
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-')
    .toLowerCase();
}

/** What every route gets without asking: who may, what is valid, how it answers, and the health of the whole. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [
    HealthRegistry,
    TokenVerifier,
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_GUARD, useClass: JsonOnly },
    { provide: APP_PIPE, useClass: ValidationPipe },
    { provide: APP_INTERCEPTOR, useClass: ModuleInContext },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
  ],
  exports: [HealthRegistry, TokenVerifier],
})
class HttpKernel {}

/** The root of an app whose own modules hang below `root`. */
export function httpKernelAround(root: Type | DynamicModule, settings: HttpSettings): DynamicModule {
  return { module: HttpKernel, imports: [root], providers: [{ provide: HttpSettings, useValue: settings }] };
}
