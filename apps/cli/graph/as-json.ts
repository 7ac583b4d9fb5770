import type { System } from './system.js';

/** Counts up when a property goes or means something else; new properties may come at any time. */
const VERSION = 1;

/** The system for other programs; docs/graph.md says what each property means. */
export function asJson({ name, apps, modules, messages, walls, violations }: System): string {
  return `${JSON.stringify(
    {
      version: VERSION,
      name,
      apps: apps.map((app) => ({
        name: app.name,
        gateway: app.gateway,
        transport: app.transport,
        instances: app.instances,
        modules: app.modules,
      })),
      modules: modules.map((module) => ({
        name: module.name,
        schema: module.schema ?? null,
        app: module.app ?? null,
        purpose: module.purpose,
        dependsOn: module.dependsOn,
      })),
      messages: messages.map((message) => ({
        name: message.name,
        kind: message.kind,
        owner: message.owner,
        key: message.key ?? null,
        meaning: message.meaning,
        file: message.file,
        from: message.from,
        to: message.to,
      })),
      walls,
      violations: violations.map((violation) => ({
        rule: violation.rule,
        file: violation.file,
        line: violation.line ?? null,
        what: violation.what,
        why: violation.why,
        mend: violation.mend,
        modules: violation.modules,
        reaches: violation.reaches,
        messages: violation.messages,
      })),
    },
    null,
    2,
  )}\n`;
}
