import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './place.mjs';
import { SetupStop } from './progress.mjs';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const sameKeystroke = 1000;

/** The environment for our own children: what the outer npm and NODE_OPTIONS left behind does not reach them. */
export function ownEnvironment(extra = {}) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      name === 'NODE_OPTIONS' ||
      /^npm_(package|lifecycle|node_execpath|execpath|command|config_node_gyp)/i.test(name)
    )
      continue;
    env[name] = value;
  }
  return { ...env, ...extra };
}

/** Runs a program to its end without showing its output; answers its exit code and all it said. */
export function runQuietly(program, args, { env = ownEnvironment(), cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const { child, stop } = spawnPassingSignals(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      stop();
      resolve({ code: 127, output: `${output}${error.message}\n` });
    });
    child.on('close', (code, signal) => {
      const interruption = stop();
      if (interruption) reject(new SetupStop('stopped.', exitCodeOf(null, interruption)));
      else resolve({ code: exitCodeOf(code, signal), output });
    });
  });
}

/** Runs a program in our place: its terminal, its signals, its exit code. */
export function runInstead(program, args, env) {
  return new Promise((resolve, reject) => {
    const { child, stop } = spawnPassingSignals(program, args, { cwd: process.cwd(), env, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      stop();
      resolve(exitCodeOf(code, signal));
    });
  });
}

/**
 * Starts a child, hands it the signals that end us, and lets it decide. We listen before it runs: a signal in between
 * would end us and leave it. One keystroke reaches us from the terminal and again through npm, so the same signal
 * within a second is passed on once. `stop` ends the passing on and names the last signal, if there was one.
 */
function spawnPassingSignals(program, args, options) {
  const last = new Map();
  const handlers = forwarded.map((signal) => {
    const handler = () => {
      const now = Date.now();
      if (now - (last.get(signal) ?? 0) < sameKeystroke) return;
      last.set(signal, now);
      child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  const stop = () => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
    return [...last.keys()].at(-1);
  };
  const child = spawn(program, args, options);
  return { child, stop };
}

function exitCodeOf(code, signal) {
  return signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1);
}
