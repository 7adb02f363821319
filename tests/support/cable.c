/*
 * A serial cable: everything that comes in at a new pty goes to the line that is named, and back. Killed, it is pulled: its pty is
 * gone, whoever has it open is hung up on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static void check(int fine, const char *what) {
  if (fine) return;
  perror(what);
  exit(1);
}

static void carry(int from, int to) {
  char bytes[256];
  const ssize_t count = read(from, bytes, sizeof bytes);
    for (ssize_t sent = 0; sent < count;) {
    const ssize_t some = write(to, bytes + sent, (size_t)(count - sent));
    if (some < 0) break;
    sent += some;
  }
}

int main(int count, char **words) {
  check(count == 2, "usage: cable LINE");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int line = open(words[1], O_RDWR | O_NOCTTY);
  check(line >= 0, words[1]);
  const int end = posix_openpt(O_RDWR | O_NOCTTY);
  check(end >= 0 && grantpt(end) == 0 && unlockpt(end) == 0, "pty");
  /* raw from the start, and read only while somebody has it open */
  const int slave = open(ptsname(end), O_RDWR | O_NOCTTY);
  struct termios mode;
  check(slave >= 0 && tcgetattr(slave, &mode) == 0, "pty");
  cfmakeraw(&mode);
  check(tcsetattr(slave, TCSANOW, &mode) == 0, "pty");
  printf("%s\n", ptsname(end));
  fflush(stdout);
  struct pollfd ends[2] = {{.fd = end, .events = POLLIN}, {.fd = line, .events = POLLIN}};
  for (;;) {
    check(poll(ends, 2, -1) > 0, "poll");
    if (ends[0].revents & POLLIN) carry(end, line);
    if (ends[1].revents & POLLIN) carry(line, end);
  }
}
