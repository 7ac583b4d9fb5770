import { z } from 'zod';
import { ModuleDeclaration } from './declaration.js';

/** The shape of `module.json` as JSON Schema, by which an editor completes and checks what is written there. */
export function moduleSchema(): object {
  return { title: 'module.json', ...z.toJSONSchema(ModuleDeclaration, { io: 'input' }) };
}
