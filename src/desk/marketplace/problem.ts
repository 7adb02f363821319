import { Failure } from '#shared/failure.ts';
import { type FailureCode, knownFailureCode } from '#shared/failure-codes.ts';
import { problem } from '#wire/marketplace-api.ts';
import type { HttpsAnswer } from './https-client.ts';

/** The body of a good answer; @throws Failure with the code of the problem document, or `marketplace/refused` */
export function requireOk(answer: HttpsAnswer): Uint8Array {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const code = problemCode(answer.body);
  if (code === 'marketplace/refused' && answer.status === 401) throw new Failure('marketplace/not-authorised');
  throw new Failure(code, { status: answer.status });
}

function problemCode(body: Uint8Array): FailureCode {
  try {
    const parsed = problem.safeParse(JSON.parse(new TextDecoder().decode(body)));
    return knownFailureCode(parsed.data?.code) ?? 'marketplace/refused';
  } catch {
    return 'marketplace/refused';
  }
}
