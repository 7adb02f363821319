import { describe, expect, it } from 'vitest';
import type { TokenObject } from '#hsm/token-objects.ts';
import { requireEmpty, requireInOrder, tokenFindings } from './read-back.ts';

const object = (label: string, kind: TokenObject['kind'], changes: Partial<TokenObject> = {}): TokenObject => ({
  objectClass: kind === 'state key' ? 'secret' : 'private',
  label,
  kind,
  deviations: [],
  ...changes,
});
const decrypts = { attribute: 'CKA_DECRYPT', expected: 'false', found: 'true' };
const good = [
  object('identity', 'identity'),
  object('state', 'state key'),
  object('class-demo-mixer-1', 'class key'),
  object('prekey-0011223344556677', 'prekey'),
];
const expected = { kinds: ['identity', 'state key', 'class key'], classKeys: ['class-demo-mixer-1'] } as const;
const findings = (objects: readonly TokenObject[], transport = false) =>
  tokenFindings(objects, { ...expected, transport });
const without = (label: string): TokenObject[] => good.filter((one) => one.label !== label);
const code = (work: () => void): string => {
  try {
    work();
    return 'in order';
  } catch (error) {
    return (error as { code?: string }).code ?? 'no failure';
  }
};

describe('what a token must hold', () => {
  it('is found in one that is as it should be', () => {
    expect(findings(good)).toEqual([]);
    expect(findings([...good, object('transport', 'transport key')], true)).toEqual([]);
  });

  it('names what is strange, left over, there twice, different or missing', () => {
    expect(findings([...good, object('notes', null, { objectClass: 'data' })])).toEqual([
      { t: 'unknown', object: 'data notes' },
    ]);
    expect(findings([...good, object('', null, { objectClass: 'public' })])).toEqual([
      { t: 'unknown', object: 'public (no label)' },
    ]);
    expect(findings([...good, object('transport', 'transport key')])).toEqual([
      { t: 'left-over', object: 'private transport' },
    ]);
    expect(findings([...good, object('class-demo-mixer-2', 'class key')])).toEqual([
      { t: 'left-over', object: 'private class-demo-mixer-2' },
    ]);
    expect(findings([...good, object('identity', 'identity')])).toEqual([{ t: 'twice', object: 'private identity' }]);
    const bent = object('identity', 'identity', { deviations: [decrypts] });
    expect(findings([...without('identity'), bent])).toEqual([
      { t: 'differs', object: 'private identity', ...decrypts },
    ]);
    expect(findings(without('state'))).toEqual([{ t: 'missing', object: 'state key' }]);
    expect(findings(without('class-demo-mixer-1'))).toEqual([
      { t: 'missing', object: 'class key' },
      { t: 'missing', object: 'class-demo-mixer-1' },
    ]);
  });

  it('is required with the code of the first finding', () => {
    const all = ['identity', 'state key', 'class key'] as const;
    const whole = (objects: readonly TokenObject[]) => code(() => requireInOrder(objects, all, ['class-demo-mixer-1']));
    expect(whole(good)).toBe('in order');
    expect(whole([...good, object('x', null)])).toBe('provision/object-unknown');
    expect(whole([...good, object('transport', 'transport key')])).toBe('provision/object-unknown');
    expect(whole(without('state'))).toBe('token/key-missing');
    const bent = object('prekey-8899aabbccddeeff', 'prekey', { deviations: [decrypts] });
    expect(whole([...good, bent])).toBe('provision/token-differs');
  });

  it('is looked at in part while it is being made', () => {
    const bent = object('identity', 'identity', { deviations: [decrypts] });
    const some = [bent, object('state', 'state key'), object('notes', null)];
    expect(code(() => requireInOrder(some, ['state key']))).toBe('in order');
    expect(code(() => requireInOrder(some, ['identity']))).toBe('provision/token-differs');
    expect(code(() => requireInOrder(some, ['transport key']))).toBe('token/key-missing');
  });

  it('is nothing at the beginning', () => {
    expect(code(() => requireEmpty([]))).toBe('in order');
    expect(code(() => requireEmpty(good))).toBe('provision/object-unknown');
  });
});
