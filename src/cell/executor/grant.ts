import { Failure } from '#shared/failure.ts';

/** What a grant was opened for; public facts only. */
export type GrantSubject =
  /** A licence that is burned, by its `cti` in hexadecimal. */
  | { readonly t: 'batch'; readonly licence: string }
  /** A service job: program and line, asked for with service code and key. */
  | { readonly t: 'service'; readonly job: string };

const open = new WeakSet<Grant>();

/**
 * The right to move pumps: every pump step belongs to exactly one open grant. A closed grant never opens again, and an object
 * that only looks like one is none.
 */
export class Grant implements Disposable {
  readonly subject: GrantSubject;

  constructor(subject: GrantSubject) {
    this.subject = subject;
    open.add(this);
  }

  /** Closes the grant: no step runs under it any more. */
  [Symbol.dispose](): void {
    open.delete(this);
  }
}

/** @throws Failure `machine/no-grant` unless `grant` is open. */
export function requireOpen(grant: Grant): void {
  if (!open.has(grant)) throw new Failure('machine/no-grant');
}
