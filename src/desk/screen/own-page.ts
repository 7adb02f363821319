import { Failure } from '#shared/failure.ts';

/** What is known of who asks. */
export interface Asker {
  readonly method: string;
  readonly ip: string;
  readonly headers: {
    readonly origin?: string | undefined;
    readonly host?: string | undefined;
    readonly upgrade?: string | undefined;
  };
}

export const orderId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const ownNames = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;
/** No page of ours follows more orders than this. */
const followedLimit = 8;

/**
 * Only pages that desk itself served may ask for anything but to read, or listen: the browser says whose page it is. On the
 * machine itself the host must be the machine, so that no foreign name that is made to point here reads along.
 * @throws Failure `message/not-authentic`
 */
export function requireOwnPage({ method, ip, headers: { origin, host = '', upgrade } }: Asker): void {
  const reads = (method === 'GET' || method === 'HEAD') && upgrade === undefined;
  const isForeign = !reads && origin !== undefined && URL.parse(origin)?.host !== host;
  const isRenamed = isLoopback(ip) && !ownNames.test(host);
  if (isForeign || isRenamed) throw new Failure('message/not-authentic');
}

/**
 * Of which orders one hears who listens: on the machine itself of all, or of those named by `?order=ID`; from elsewhere,
 * where strangers can listen, of those named alone. Who knows an order's id may have its voucher.
 */
export function hearing({ ip, query }: { readonly ip: string; readonly query: unknown }): (order: string) => boolean {
  const asked = typeof query === 'object' && query !== null && 'order' in query ? [query.order].flat() : null;
  if (asked === null) return () => isLoopback(ip);
  const followed = asked.filter((id) => typeof id === 'string' && orderId.test(id)).slice(0, followedLimit);
  return (order) => followed.includes(order);
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip);
}
