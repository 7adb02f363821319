import pkcs11 from 'pkcs11js';
import { Failure } from '#shared/failure.ts';
import { asking, type Handle } from './cryptoki.ts';
import { destroyKey } from './destroy-key.ts';
import { findAll, readAttribute, readAttributeOrNull } from './key-objects.ts';
import type { Login } from './login.ts';

interface Found {
  readonly handle: Handle;
  readonly objectClass: number;
  readonly label: string;
}

/**
 * Destroys every object of the token but those labelled as in `keep`: keys each with its proof, then whatever else lies
 * there. Proves by a fresh session, and on SoftHSM by its folder, that nothing is left.
 * @throws Failure `token/destroy-unproven` {label, because}
 */
export async function emptyToken(login: Login, keep: readonly string[]): Promise<void> {
  for (const { objectClass, label } of objectsOf(login, login.session)) {
    if (keep.includes(label)) continue;
    if (objectClass === pkcs11.CKO_PRIVATE_KEY) await destroyKey(login, label);
    if (objectClass === pkcs11.CKO_SECRET_KEY) await destroyKey(login, label, 'secret');
  }
  await login.write(async (session) => {
    for (const { handle, label } of objectsOf(login, session)) {
      if (!keep.includes(label)) asking('destroy object', () => login.cryptoki.api.C_DestroyObject(session, handle));
    }
  });
  requireEmpty(login, keep);
  if (keep.length === 0) await requireFolderEmpty(login);
}

function requireEmpty(login: Login, keep: readonly string[]): void {
  const fresh = login.openSession();
  try {
    const left = objectsOf(login, fresh).find(({ label }) => !keep.includes(label));
    if (left !== undefined) {
      throw new Failure('token/destroy-unproven', { label: left.label, because: 'it is still found' });
    }
  } finally {
    login.closeSession(fresh);
  }
}

async function requireFolderEmpty(login: Login): Promise<void> {
  if (!login.cryptoki.quirks.objectFiles || login.objectFolder === null) return;
  const [left] = await login.objectFolder.list();
  if (left !== undefined) throw new Failure('token/destroy-unproven', { label: left, because: 'its file is there' });
  await login.objectFolder.sync([]);
}

function objectsOf(login: Login, session: Handle): Found[] {
  return findAll(login, session, [{ type: pkcs11.CKA_TOKEN, value: true }]).map((handle) => ({
    handle,
    objectClass: readAttribute(login, handle, pkcs11.CKA_CLASS).readUInt32LE(),
    label: (readAttributeOrNull(login, handle, pkcs11.CKA_LABEL) ?? Buffer.alloc(0)).toString('latin1'),
  }));
}
