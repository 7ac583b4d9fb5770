import type { Files } from '../plan.js';
import { capital, type Vocabulary } from './vocabulary.js';

/** What a module says of itself. */
export function documentFiles(words: Vocabulary): Files {
  return { 'README.md': readme(words), 'module.json': declaration(words) };
}

function readme({ module, entity, entities, route, anEntity, event, command, dependsOn }: Vocabulary): string {
  const { kebab } = module;
  const heard = dependsOn.map(({ module: other, exportName }) => `\`${exportName}\` of ${other}`);
  return `# ${capital(module.words)}

**Purpose.** Keeps ${entities.words}. Say here what the business has it for, and what it leaves to others.

**Language.** ${capital(anEntity)} has a *name* and an *owner*: the account that registered it.

**Invariants**
- ${capital(anEntity)} is registered once: whoever does it again under its id finds the one that is there.
- Only its owner and administrators see ${anEntity}; for everybody else it does not exist.

**Messages out.** \`${kebab}.${event.kebab}.v1\`, ordered by the id of the ${entity.words}.

**Messages in.** \`${kebab}.${command.kebab}.v1\` registers ${anEntity}; it is answered by the event.${
    heard.length === 0 ? '' : ` Also ${heard.join(', ')}.`
  }

**HTTP.** \`POST /${route}\`, \`GET /${route}/{id}\`, for everybody signed in.
`;
}

/** The schema for editors stands at the root, three folders up. */
function declaration({ module, schema, dependsOn }: Vocabulary): string {
  const names = dependsOn.map(({ module: name }) => `"${name}"`).join(', ');
  return `{
  "$schema": "../../../module.schema.json",
  "name": "${module.kebab}",
  "schema": "${schema}",
  "dependsOn": [${names}]
}
`;
}
