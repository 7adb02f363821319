import pkcs11 from 'pkcs11js';
import type { ModuleQuirks } from '../module-quirks.ts';

/** How templates have to look so that the module takes them. */
export type KeyShape = Pick<
  ModuleQuirks,
  'unknownAttributes' | 'publicUses' | 'allowedMechanisms' | 'unwrapTemplate' | 'rsaPublicInSession'
>;

/** Every shape, the standard's first. The unwrap template is not tried here: signing keys have none. */
export function* keyShapes(): Generator<KeyShape> {
  for (const rsaPublicInSession of [true, false]) {
    for (const unknownAttributes of [[], [pkcs11.CKA_COPYABLE]]) {
      for (const publicUses of [true, false]) {
        for (const allowedMechanisms of [true, false]) {
          yield { rsaPublicInSession, unknownAttributes, publicUses, allowedMechanisms, unwrapTemplate: true };
        }
      }
    }
  }
}
