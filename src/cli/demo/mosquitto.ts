import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, constants, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { Failure } from '#shared/failure.ts';
import { mosquittoAccess } from './broker-access.ts';
import { freePorts } from './demo-ports.ts';
import { endOrphanedBroker, noteBroker } from './orphaned-broker.ts';
import { type BrokerOptions, maxMessageBytes, type RunningBroker } from './running-broker.ts';

/** Path of mosquitto, also where users' PATH does not lead; null when it is not installed. */
export async function findMosquitto(): Promise<string | null> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, 'mosquitto');
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return null;
}

/**
 * mosquitto on loopback with a configuration of its own: mutual TLS, names from certificates, access by name.
 * @throws Failure `config/port-taken`, `broker/unreachable` when it ends at once
 */
export async function startMosquitto(path: string, options: BrokerOptions): Promise<RunningBroker> {
  const folder = resolve(options.folder);
  const port = options.port || ((await freePorts(1))[0] ?? 0);
  await writeFiles(folder, port, options);
  await endOrphanedBroker(folder);
  const child = spawn(path, ['-c', join(folder, 'mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  await untilRunning(child, port);
  await noteBroker(folder, child.pid);
  const stop = (): Promise<void> => end(child);
  return {
    url: `mqtts://127.0.0.1:${port}`,
    port,
    kind: 'mosquitto',
    protocolVersion: 5,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function writeFiles(folder: string, port: number, options: BrokerOptions): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const { ca, certificate, key } = options.tls;
  const files = {
    'ca.crt': ca,
    'broker.crt': certificate,
    'broker.key': key,
    acl: mosquittoAccess(options.publisher),
    'mosquitto.conf': configuration(folder, port, options.persistent),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
}

function configuration(folder: string, port: number, persistent: boolean): string {
  const kept = [
    'persistence true',
    `persistence_location ${folder}/`,
    'autosave_on_changes true',
    'autosave_interval 1',
  ];
  return [
    // started by root it would become the user `mosquitto`, who cannot read these files
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...(persistent ? [...kept, 'persistent_client_expiration 7d'] : ['persistence false']),
    'log_dest stderr',
    'log_type error',
    'log_type warning',
    'log_type information',
    'allow_anonymous false',
    `message_size_limit ${maxMessageBytes}`,
    `acl_file ${folder}/acl`,
    `listener ${port} 127.0.0.1`,
    `cafile ${folder}/ca.crt`,
    `certfile ${folder}/broker.crt`,
    `keyfile ${folder}/broker.key`,
    'tls_version tlsv1.3',
    'require_certificate true',
    'use_identity_as_username true',
    // else any machine takes over another's session by naming its client id
    'use_username_as_clientid true',
    '',
  ].join('\n');
}

/** Resolves when mosquitto says that it runs: it opens its listeners before. */
async function untilRunning(child: ChildProcess, port: number): Promise<void> {
  let told = '';
  await new Promise<void>((done, refuse) => {
    child.once('error', refuse);
    // `close` comes when all that it said has been read
    child.once('close', (code) => refuse(deathOf(code, told, port)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told = `${told}${text}`.slice(-4096);
      if (/ running$/m.test(told)) done();
    });
  });
}

function deathOf(code: number | null, told: string, port: number): Failure {
  if (told.includes('Address already in use')) return new Failure('config/port-taken', { port });
  return new Failure('broker/unreachable', { exit: code ?? -1, reason: told.trim().split('\n').at(-1) ?? '' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(insist);
}
