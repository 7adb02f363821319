#!/bin/sh
# In mount, process and IPC namespaces of its own: opencryptoki with its daemon and one soft token, and a report on it.
# $1: folder of the unpacked packages, $2: a scratch folder, $3: folder of libraries below $1, then the command of the report.
set -e
packages=$1
scratch=$2
libraries=$3
shift 3
mkdir "$scratch/etc"
cp -a /etc/. "$scratch/etc/"
mount --bind "$scratch/etc" /etc
mkdir -p /etc/opencryptoki
printf 'version opencryptoki-3.1\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n' >/etc/opencryptoki/opencryptoki.conf
grep -q '^pkcs11:' /etc/group || echo 'pkcs11:x:4711:root' >>/etc/group
mount -t tmpfs tmpfs /run
mkdir -p /run/lock/opencryptoki/swtok
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/opencryptoki/swtok/TOK_OBJ
mount -t tmpfs tmpfs /usr/sbin
cp "$packages"/usr/sbin/pkcs* /usr/sbin
export LD_LIBRARY_PATH="$libraries:$libraries/opencryptoki:$libraries/opencryptoki/stdll"
/usr/sbin/pkcsslotd
{
  echo ock | /usr/sbin/pkcsconf -I -c 3 -S 87654321
  /usr/sbin/pkcsconf -P -c 3 -S 87654321 -n 31415926
  /usr/sbin/pkcsconf -u -c 3 -S 31415926 -n 27182818
} >/dev/null
printf 27182818 >"$scratch/pin"
"$@" --pin-file "$scratch/pin"
