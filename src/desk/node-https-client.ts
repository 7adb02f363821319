import { Agent, request } from 'node:https';
import { Failure, invariant } from '#shared/failure.ts';
import type { HttpsAnswer, HttpsClient, HttpsRequest, TlsCredential } from './marketplace/https-client.ts';

const answerLimit = 64 * 1024 * 1024;
const timeoutMs = 10_000;

/** Connections under one certificate; ended when none is in use after another one is presented. */
interface Connections {
  readonly agent: Agent;
  inUse: number;
  retired: boolean;
}

/** HTTPS to one origin under one pinned CA (PEM), TLS 1.3 only, by this process's own network. */
export function nodeHttpsClient(origin: string, ca: string): HttpsClient {
  const connect = (credential?: TlsCredential): Connections => ({
    agent: new Agent({ keepAlive: true, maxSockets: 4, ca, minVersion: 'TLSv1.3', ...credential }),
    inUse: 0,
    retired: false,
  });
  let current = connect();
  return {
    async request(asked) {
      const url = new URL(asked.path, origin);
      invariant(url.origin === new URL(origin).origin, 'only the one origin is asked');
      const connections = current;
      connections.inUse += 1;
      try {
        return await send(url, asked, connections.agent);
      } finally {
        connections.inUse -= 1;
        endIfIdle(connections);
      }
    },
    present(credential) {
      const before = current;
      current = connect(credential);
      before.retired = true;
      endIfIdle(before);
    },
    close: () => current.agent.destroy(),
  };
}

function endIfIdle({ agent, inUse, retired }: Connections): void {
  if (retired && inUse === 0) agent.destroy();
}

function send(url: URL, { method, headers, body }: HttpsRequest, agent: Agent): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: Error): void => reject(new Failure('marketplace/unreachable', {}, cause));
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      url,
      { method, agent, timeout: timeoutMs, headers: { ...headers, ...length } },
      (answer) => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          size += part.length;
          if (size > answerLimit) answer.destroy(new Error('answer too large'));
          else parts.push(part);
        });
        answer.once('error', unreachable);
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: new Uint8Array(Buffer.concat(parts)) }),
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error('timed out')));
    outgoing.once('error', unreachable);
    outgoing.end(body);
  });
}
