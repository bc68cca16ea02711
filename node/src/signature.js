// Signatures of functions, as Go writes them: "func(name string, n int32) (string, error)".

import { ArgumentError } from './errors.js';
import { NUMBERS, STREAM, TEXT, sliceOf, structOf } from './types.js';

const parsed = new Map();

/** Parses what inspect, describe and hotsoh_signature say: { text, parameters, result, fails }. */
export function parse(text) {
  let found = parsed.get(text);
  if (!found) {
    found = new Parser(text).signature();
    parsed.set(text, found);
  }
  return found;
}

class Parser {
  constructor(text) {
    this.text = text;
    this.tokens = text.match(/[A-Za-z_]\w*|\[\]|[(){},;]|\S/g) ?? [];
  }

  signature() {
    this.next('func');
    this.next('(');
    const parameters = [];
    while (!this.accept(')')) {
      if (parameters.length > 0) this.next(',');
      if (this.#named()) this.next();
      parameters.push(this.type());
    }
    let result;
    let fails = this.accept('error');
    if (!fails && this.tokens.length > 0) {
      const both = this.accept('(');
      result = this.type();
      fails = both;
      if (both) for (const token of [',', 'error', ')']) this.next(token);
    }
    if (this.tokens.length > 0) this.fail();
    return { text: this.text, parameters, result, fails };
  }

  /** Whether a name comes before the type: an identifier, and then neither a brace nor an end. */
  #named() {
    const [first, second] = this.tokens;
    return first !== undefined && second !== undefined && /^\w/.test(first) && !'),{'.includes(second);
  }

  type() {
    const word = this.next();
    if (NUMBERS.has(word)) return NUMBERS.get(word);
    if (word === 'string' || word === 'cstring') return TEXT;
    if (word === 'stream') return STREAM;
    if (word === 'struct') return this.#struct();
    if (word !== '[]') this.fail();
    const name = this.next();
    const element = NUMBERS.get(name === 'byte' ? 'uint8' : name);
    if (!element?.array) this.fail();
    return sliceOf(element);
  }

  #struct() {
    this.next('{');
    const fields = [];
    while (!this.accept('}')) {
      if (fields.length > 0) this.next(';');
      fields.push([this.next(), this.type()]);
    }
    return structOf(fields);
  }

  next(want) {
    if (this.tokens.length === 0 || (want !== undefined && this.tokens[0] !== want)) this.fail();
    return this.tokens.shift();
  }

  accept(want) {
    if (this.tokens[0] !== want) return false;
    this.tokens.shift();
    return true;
  }

  fail() {
    throw new ArgumentError(`hotso: not a signature: ${this.text}`);
  }
}
