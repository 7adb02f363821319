import { Failure } from '#shared/failure.ts';
import { fromDer, integer, isTagged, itemsOf, oid, oidOf, sequence, set, tagged, toDer } from './der.ts';

const signedData = '1.2.840.113549.1.7.2';
const data = '1.2.840.113549.1.7.1';

/** PKCS#7 with certificates and nothing signed, DER: the answer of EST (RFC 7030 §4.1.3). */
export function buildCertificateBag(certificates: readonly Uint8Array[]): Uint8Array {
  const content = sequence(
    integer(Uint8Array.of(1)),
    set(),
    sequence(oid(data)),
    tagged(0, certificates.map(fromDer)),
    set(),
  );
  return toDer(sequence(oid(signedData), tagged(0, [content])));
}

/** The certificates, DER, of such a bag. @throws Failure `message/malformed` */
export function readCertificateBag(der: Uint8Array): Uint8Array[] {
  try {
    const [type, content] = itemsOf(fromDer(der));
    if (oidOf(type) !== signedData) throw new Error('not signed data');
    const fields = itemsOf(itemsOf(content)[0]);
    const bag = fields.find((field) => isTagged(field, 0));
    return bag === undefined ? [] : itemsOf(bag).map(toDer);
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'certificate bag' }, error);
  }
}
