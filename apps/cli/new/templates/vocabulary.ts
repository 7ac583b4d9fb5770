import { type Name, nameOf, pluralOf } from '../name.js';

/** What the files of a new module are about, in all the forms that they need. */
export interface Vocabulary {
  readonly module: Name;
  /** The PostgreSQL schema: a plain name, so with underscores. */
  readonly schema: string;
  /** What the module keeps. */
  readonly entity: Name;
  readonly entities: Name;
  /** Where it is found over HTTP, without the first slash. */
  readonly route: string;
  /** The key of its messages, as `entryId`. */
  readonly id: string;
  /** `an entry`, `a parcel`. */
  readonly anEntity: string;
  readonly event: Name;
  readonly command: Name;
  readonly addition: Name;
  readonly retrieval: Name;
  readonly dependsOn: readonly Heard[];
}

/** An event of another module, to which a new one subscribes. */
export interface Heard {
  readonly module: string;
  /** The contract's file, without its ending. */
  readonly file: string;
  readonly exportName: string;
}

export function vocabularyOf(module: Name, entity: Name, dependsOn: readonly Heard[]): Vocabulary {
  const { kebab, words } = entity;
  const entities = nameOf(pluralOf(kebab));
  return {
    module,
    schema: schemaOf(module.kebab),
    entity,
    entities,
    route: entities.kebab === module.kebab ? module.kebab : `${module.kebab}/${entities.kebab}`,
    id: `${entity.camel}Id`,
    anEntity: withArticle(words),
    event: nameOf(`${kebab}-registered`),
    command: nameOf(`register-${kebab}`),
    addition: nameOf(`add-${kebab}`),
    retrieval: nameOf(`get-${kebab}`),
    dependsOn,
  };
}

/** The schema of a module: its name, with underscores where PostgreSQL would want quotes. */
export function schemaOf(module: string): string {
  return module.replaceAll('-', '_');
}

/** With the article that its first letter asks for. */
export function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

/** As the first word of a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
