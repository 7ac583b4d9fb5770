import Big from 'big.js';
import { isRecord } from './json.js';

/**
 * Where an answer says something else than what was sent, as far as it speaks of the same: `price.amount`. A password
 * is not told again, and what was left out may have been filled in.
 */
export function changedOnTheWay(sent: unknown, told: unknown, at = ''): string[] {
  if (isRecord(sent) && isRecord(told)) {
    const both = Object.keys(sent).filter((name) => Object.hasOwn(told, name));
    return both.flatMap((name) => changedOnTheWay(sent[name], told[name], at ? `${at}.${name}` : name));
  }
  if (Array.isArray(sent) && Array.isArray(told)) {
    const distinct = sent.every((item) => typeof item === 'string') ? [...new Set(sent)] : sent;
    if (distinct.length !== told.length) return [`${at}.length`];
    return distinct.flatMap((item, n) => changedOnTheWay(item, told[n], `${at}[${n}]`));
  }
  return isSame(sent, told) ? [] : [at];
}

function isSame(sent: unknown, told: unknown): boolean {
  if (typeof sent !== 'string' || typeof told !== 'string') return sent === told;
  return spelling(sent) === spelling(told);
}

const AMOUNT = /^\d+(\.\d+)?$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Blanks around a text, the case of an e-mail address or a UUID and zeros at the end of an amount mean nothing. */
function spelling(text: string): string {
  if (AMOUNT.test(text) && text.length < 20) return new Big(text).toFixed();
  return text.includes('@') || UUID.test(text) ? text.trim().toLowerCase() : text.trim();
}
