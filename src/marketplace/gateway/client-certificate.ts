import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';

/** The client certificate that TLS verified against our CA; null when there was none, or another. */
export function clientCertificate(request: Pick<FastifyRequest, 'raw'>): X509Certificate | null {
  const { socket } = request.raw;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  return socket.getPeerX509Certificate() ?? null;
}
