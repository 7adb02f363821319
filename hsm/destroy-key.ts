import { Failure, isFailure } from '#shared/failure.ts';
import type { Handle } from './cryptoki.ts';
import { reasonOf } from './cryptoki.ts';
import { findKey, requireKey } from './key-objects.ts';
import type { Login } from './login.ts';

/**
 * Destroys the key pair or secret key of this label and proves it. The module's word is not enough: SoftHSM, when it
 * cannot delete the file, fails, forgets the key in this process, and the next process finds it alive.
 * @throws Failure `token/key-missing`, `token/destroy-unproven` {label, because}
 */
export function destroyKey(login: Login, label: string, keyClass: 'private' | 'secret' = 'private'): Promise<void> {
  return login.write(async (session) => {
    const key = requireKey(login, keyClass, label);
    const before = await filesOf(login, label);
    destroyObject(login, session, key, label);
    requireNotFound(login, label, keyClass);
    if (before) await requireFileGone(login, before, label);
    destroyPublicHalf(login, session, label);
  });
}

async function filesOf(login: Login, label: string): Promise<ReadonlySet<string> | null> {
  if (!login.cryptoki.quirks.objectFiles) return null;
  if (login.objectFolder === null) throw unproven(label, 'the token folder is not known');
  return proving(label, login.objectFolder.list());
}

function destroyObject(login: Login, session: Handle, key: Handle, label: string): void {
  try {
    login.cryptoki.api.C_DestroyObject(session, key);
  } catch (error) {
    throw unproven(label, reasonOf(error), error);
  }
}

function requireNotFound(login: Login, label: string, keyClass: 'private' | 'secret'): void {
  const fresh = login.openSession();
  try {
    if (findKey(login, keyClass, label, fresh) !== null) throw unproven(label, 'it is still found');
  } catch (error) {
    if (!isFailure(error, 'token/removed')) throw error;
    throw unproven(label, 'the token is gone', error);
  } finally {
    login.closeSession(fresh);
  }
}

async function requireFileGone(login: Login, before: ReadonlySet<string>, label: string): Promise<void> {
  if (login.objectFolder === null) return;
  const after = await proving(label, login.objectFolder.list());
  // this process writes one object at a time, so exactly the key's own file may be missing
  if (before.difference(after).size !== 1) throw unproven(label, 'its file is still there');
  await proving(label, login.objectFolder.sync([]));
}

function destroyPublicHalf(login: Login, session: Handle, label: string): void {
  const publicKey = findKey(login, 'public', label);
  if (publicKey !== null) destroyObject(login, session, publicKey, label);
}

async function proving<T>(label: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isFailure(error, 'disk/failed')) throw error;
    throw unproven(label, 'the token folder cannot be read', error);
  }
}

function unproven(label: string, because: string, cause?: unknown): Failure {
  return new Failure('token/destroy-unproven', { label, because }, cause);
}
