import { describe, expect, it } from '@jest/globals';
import { topologyIn } from './topology-text.js';

const TEXT =
  '{\n  "transport": "direct",\n  "apps": { "shop": { "modules": ["orders"] }, "stock": { "modules": [] } }\n}';

describe('the text of a topology', () => {
  it('is JSON, with or without the mark of its encoding', () => {
    const topology = { transport: 'direct', apps: { shop: { modules: ['orders'] }, stock: { modules: [] } } };
    expect(topologyIn(TEXT)).toEqual(topology);
    expect(topologyIn(`\uFEFF${TEXT}`)).toEqual(topology);
  });

  it('may hold whatever strings may', () => {
    const strings = ['{"a": 1, "a": 2}', '}', '"', '\\', '":', 'a'];
    expect(topologyIn(JSON.stringify({ a: strings, b: { a: 'a' } }))).toEqual({ a: strings, b: { a: 'a' } });
  });

  it.each([
    ['', 'is no JSON: Unexpected end of JSON input on line 1'],
    ['{\n"apps": {\n', "is no JSON: Expected property name or '}' on line 3"],
    ['{\n"apps": {},\n}', 'is no JSON: Expected double-quoted property name on line 3'],
    ['{\n"transport":\n direct\n}', "is no JSON: Unexpected token 'd' on line 3"],
    ['{\n"transport": "in\n-process"}', 'is no JSON: Bad control character in string literal on line 2'],
    ['{\n// the apps\n"apps": {}\n}', "is no JSON: Expected property name or '}' on line 2"],
    ['{}\n{}', 'is no JSON: Unexpected non-whitespace character after JSON on line 2'],
  ])('%j is refused with its line', (text, reason) => {
    expect(() => topologyIn(text)).toThrow(new Error(reason));
  });

  it.each([
    [TEXT.replace('"stock"', '\n"shop"'), 'says "shop" twice in one place, again on line 4'],
    [TEXT.replace('"apps"', '"transport" : "nats", "apps"'), 'says "transport" twice in one place, again on line 3'],
    [TEXT.replace('"stock"', '"sh\\u006fp"'), 'says "sh\\u006fp" twice in one place, again on line 3'],
  ])('%j is refused, since of what it says twice one would be lost', (text, reason) => {
    expect(() => topologyIn(text)).toThrow(new Error(reason));
  });
});
