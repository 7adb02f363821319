import { Agent, request } from 'node:https';
import { Failure } from '#shared/failure.ts';
import type { HttpsAnswer, HttpsClient, HttpsRequest, TlsCredential } from './marketplace/https-client.ts';

const answerLimit = 64 * 1024 * 1024;
const timeoutMs = 10_000;

/** HTTPS to one origin under one pinned CA (PEM), TLS 1.3 only, by this process's own network. */
export function nodeHttpsClient(origin: string, ca: string): HttpsClient {
  const agentFor = (credential?: TlsCredential): Agent =>
    new Agent({ keepAlive: true, maxSockets: 4, ca, minVersion: 'TLSv1.3', ...credential });
  let agent = agentFor();
  return {
    request: (asked) => send(new URL(asked.path, origin), asked, agent),
    present(credential) {
      agent.destroy();
      agent = agentFor(credential);
    },
    close: () => agent.destroy(),
  };
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
