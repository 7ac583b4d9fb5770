import type { Rule } from '../wall.js';

const rule = (name: string, why: string, mend: string): Rule => ({ name, wall: 'contracts', why, mend });

/** What must hold of the messages between modules. */
export const RULES = [
  rule(
    'contract-can-be-read',
    'What cannot be loaded by itself can neither be compared with what was released nor be told to programs in other languages.',
    'Let the contract hold nothing but message names and their schemas, in what JSON can say.',
  ),
  rule(
    'contract-says-it-all',
    'What a reader is held to and JSON Schema cannot say would change without anybody noticing, and no program in another language could keep to it.',
    'Say it with z.strictObject and the plain types and bounds of zod; check the rest in a use case.',
  ),
  rule(
    'every-keyword-is-known',
    'Of a keyword without a rule nobody can promise that a change of it is compatible.',
    'Take it out of the schema; what is counted in may be said by meta({ "x-unit": … }).',
  ),
  rule(
    'message-belongs-to-its-module',
    'The name of a message says who owns it, and messages are sent by that.',
    'Begin its name with the name of the module whose contract/ it is in, or move it there.',
  ),
  rule(
    'message-is-declared-once',
    'Of two declarations of one name each reader would be held to another one.',
    'Keep one, export it under one name, and import it where it is needed.',
  ),
  rule(
    'message-is-released',
    'Only what is kept as released is held to its promise; a property that was never released could vanish unnoticed.',
    'Run "npx seamline contract release" and commit what it writes.',
  ),
  rule(
    'compatible-within-a-major',
    'Old and new programs run beside each other, and old messages are sent again: within a major version each must read what any other writes.',
    'Take the change back, or declare it as the next major version with an upcaster: docs/contracts.md.',
  ),
  rule(
    'key-is-kept',
    'Under another key messages that were in order overtake each other.',
    'Take the change back, or declare the next major version with the other key: docs/contracts.md.',
  ),
  rule(
    'released-message-is-kept',
    'Others may still read it, and its history may be sent again.',
    'Bring the contract back. Once nobody publishes or reads it any more: npx seamline contract retire <name>.',
  ),
  rule(
    'retired-name-stays-reserved',
    'Messages of that name may still lie in a dead letter, a log or a backup, and would be read as something else.',
    'Give the new message another name, or the next major version.',
  ),
  rule(
    'new-major-has-an-upcaster',
    'Without one, whoever moves to the new version loses what is still said in the old one.',
    'Say how the old one is read: { upcasts: from(TheOldOne, (older) => …) } as the last argument of its declaration.',
  ),
  rule(
    'no-version-is-skipped',
    'An older version is read as the next one and no further, so that over a gap whoever moves loses what is still said in the old one.',
    'Call it by the version that comes next; where it was released already, declare and release the missing one too, and upcast by way of it.',
  ),
  rule(
    'older-version-is-still-published',
    'Whoever takes the older version alone hears nothing any more, and nobody notices.',
    'Publish both as one fact, tx.publishBoth(…), or let those who take the older one take the newer one.',
  ),
  rule(
    'golden-is-untouched',
    'What was released is what other programs hold us to; to edit it changes the record and not the promise.',
    'Restore it from version control, and let "npx seamline contract release" write it.',
  ),
  rule(
    'documents-are-fresh',
    'Programs in other languages are written against them.',
    'Run "npx seamline contract docs" and commit what it writes.',
  ),
] as const satisfies readonly Rule[];

export type RuleName = (typeof RULES)[number]['name'];
