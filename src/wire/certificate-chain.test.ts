import { beforeAll, describe, expect, it } from 'vitest';
import { instant } from '#shared/units.ts';
import { type PaperParty, paperParty, today, trustIn } from '#tests/support/recipe-people.ts';
import { commonName, machineClaims, machineUri, parseCertificate, uriNames, verifyChain } from './certificate-chain.ts';

describe('a certificate chain', () => {
  let author: PaperParty;
  let stranger: PaperParty;

  beforeAll(async () => {
    author = await paperParty('author', 'Ada Author');
    stranger = await paperParty('author', 'Eve');
  });

  const code = 'message/not-authentic';
  const refused = (chain: readonly Uint8Array[], anchors = trustIn({ author }), at = today) => {
    expect(() => verifyChain(chain, 'author', anchors, at)).toThrowError(expect.objectContaining({ code }));
  };

  it('speaks for its leaf when it leads to the anchor of its role', () => {
    const party = verifyChain([author.leaf], 'author', trustIn({ author }), today);
    expect(party).toMatchObject({ role: 'author', name: 'Ada Author' });
    expect(verifyChain([author.leaf, author.ca], 'author', trustIn({ author }), today).name).toBe('Ada Author');
  });

  it('is refused when empty, too long, broken, or led by a CA', () => {
    refused([]);
    refused([author.leaf, author.ca, author.ca, author.ca]);
    refused([author.leaf, stranger.ca]);
    refused([author.ca]);
  });

  it('is refused under the anchor of somebody else or of another role, or none', () => {
    refused([author.leaf], trustIn({ author: stranger }));
    refused([author.leaf], trustIn({ catalogue: author }));
    refused([author.leaf], {});
    expect(() => verifyChain([author.leaf], 'catalogue', trustIn({ catalogue: author }), today)).toThrowError(
      expect.objectContaining({ code }),
    );
  });

  it('leads to the root that issued it, also beside another of the same name', async () => {
    const renewed = await paperParty('author', 'Ada Author');
    for (const list of [
      [author.ca, renewed.ca],
      [renewed.ca, author.ca],
    ]) {
      expect(verifyChain([author.leaf], 'author', { author: list }, today).name).toBe('Ada Author');
    }
  });

  it('is refused before and after its time', () => {
    refused([author.leaf], trustIn({ author }), instant(Date.UTC(2024, 11, 31)));
    refused([author.leaf], trustIn({ author }), instant(Date.UTC(2026, 0, 2)));
  });

  it('is made of certificates only', () => {
    for (const bytes of [new Uint8Array(3), Uint8Array.of(...author.leaf, 0)]) {
      expect(() => parseCertificate(bytes)).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
    }
    expect(commonName(parseCertificate(author.ca))).toBe('Ada Author CA');
    expect(uriNames(parseCertificate(author.leaf))).toEqual([]);
  });

  it('tells the name of its leaf as it was written', async () => {
    for (const name of ['Ada, Author & Söhne', '#1 "a+b" <c>; d=e\\f', ' 日本']) {
      expect(commonName(parseCertificate((await paperParty('author', name)).leaf))).toBe(name);
    }
    const twoLines = await paperParty('author', 'Eve\nCN=Ada');
    expect(commonName(parseCertificate(twoLines.leaf))).toBe('Eve\\0ACN=Ada');
  });

  it('says nothing of a token unless the CA put it there', () => {
    expect(machineUri('m-1', { tokenClass: 'soft', profile: 'H' })).toBe('urn:decant:machine:m-1?token=soft&profile=H');
    expect(() => machineClaims(parseCertificate(author.leaf))).toThrowError(expect.objectContaining({ code }));
  });
});
