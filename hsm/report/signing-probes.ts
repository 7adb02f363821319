import { constants, verify, type VerifyKeyObjectInput } from 'node:crypto';
import type { Handle } from '../cryptoki.ts';
import { signing } from '../sign.ts';
import type { SignatureAlgorithm } from '../token.ts';
import { type Probe, nothingToCheck } from './probe.ts';
import { type BenchKey, mustHold, type ProbeBench } from './probe-bench.ts';
import type { ProbeName } from './token-report.ts';

const times = 20;
const lanes = 4;

/** Making keys and signing with them; every signature is verified by node:crypto. */
export const signingProbes = {
  'generate-rsa-2048': {
    needs: [],
    count: 2,
    prepare: (bench) => bench.findShape(),
    act: making('sign-2048'),
  },
  'generate-rsa-3072': { needs: ['generate-rsa-2048'], count: 1, act: making('sign-3072') },
  'generate-p256': { needs: ['generate-rsa-2048'], count: 3, act: making('sign-p256') },
  'session-key-pairs': {
    needs: ['generate-rsa-2048'],
    count: 1,
    act: (bench) => {
      bench.lasting = false;
      try {
        bench.make('sign-2048');
      } catch (error) {
        bench.lasting = true;
        throw error;
      }
      return nothingToCheck;
    },
  },
  'sign-pss': signs('sign-2048', 'PS256', ['generate-rsa-2048']),
  'sign-pkcs1': signs('sign-2048', 'RS256', ['generate-rsa-2048']),
  'sign-ecdsa': signs('sign-p256', 'ES256', ['generate-p256']),
  parallel: {
    needs: ['sign-pkcs1'],
    count: 1,
    act: async (bench) => {
      const message = bench.random(32);
      const lane = (): Promise<Buffer[]> => bench.inSession((session) => signRow(bench, session, message));
      const signatures = (await Promise.all(Array.from({ length: lanes }, lane))).flat();
      return () => {
        const right = signatures.filter((one) => verify('sha256', message, bench.publicKey('sign-2048'), one));
        mustHold(right.length === lanes * times, 'a signature is wrong');
      };
    },
  },
} satisfies Partial<Record<ProbeName, Probe>>;

function making(key: BenchKey): Probe['act'] {
  return (bench, _, timed) => {
    timed(() => bench.make(key));
    return () => mustHold(bench.publicKey(key).type === 'public', 'the public key cannot be read');
  };
}

function signs(key: BenchKey, algorithm: SignatureAlgorithm, needs: readonly ProbeName[]): Probe {
  const { mechanism, prepare } = signing[algorithm];
  return {
    needs,
    count: times,
    prepare: (bench) => void bench.privateKey(key),
    act: (bench, session, timed) => {
      const message = bench.random(64);
      const signature = timed(() => {
        bench.api.C_SignInit(session, mechanism, bench.privateKey(key));
        return bench.api.C_Sign(session, prepare(message), Buffer.alloc(512));
      });
      return () => {
        const right = verify('sha256', message, verifying(bench, key, algorithm), signature);
        mustHold(right, 'the signature is wrong');
      };
    },
  };
}

function verifying(bench: ProbeBench, key: BenchKey, algorithm: SignatureAlgorithm): VerifyKeyObjectInput {
  const publicKey = bench.publicKey(key);
  switch (algorithm) {
    case 'PS256':
      return { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    case 'RS256':
      return { key: publicKey };
    case 'ES256':
      return { key: publicKey, dsaEncoding: 'ieee-p1363' };
  }
}

async function signRow(bench: ProbeBench, session: Handle, message: Buffer): Promise<Buffer[]> {
  const { mechanism, prepare } = signing.RS256;
  const made: Buffer[] = [];
  for (let i = 0; i < times; i += 1) {
    bench.api.C_SignInit(session, mechanism, bench.privateKey('sign-2048'));
    made.push(await bench.api.C_SignAsync(session, prepare(message), Buffer.alloc(512)));
  }
  return made;
}
