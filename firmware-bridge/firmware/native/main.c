/*
 * The firmware as a program: a virtual board on a pty. Stdout tells the pty's path and every edge of an output,
 * stdin takes commands, a line each:
 *
 *   pin PIN LEVEL       something outside gives the pin this level (z: nothing does)
 *   stick PIN LEVEL     the pin has this level whatever is done (z: no more)
 *   follow PIN OTHER    the pin has the level of the other one, as a sense pin does (z: no more)
 *   pulse PIN COUNT     so many pulses at the pin
 *   scale COUNTS RATE   what the HX711 reads, and how often in a second
 *   noise SEED PERMILLE so many bytes of the line are disturbed
 *   hang                the main loop stops; the watchdog will reset the board
 *   reset               the reset pin
 *   mark WORD           answers `mark WORD`, behind the edges of before
 *   hold                the board's time stands still from now on
 *   run US              and goes on by so many microseconds
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "port.h"
#include "world.h"

enum cause { POWER = 1, EXTERNAL = 2, WATCHDOG = 4 };

extern char __start_noinit[], __stop_noinit[];

static uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void check(bool fine, const char *what) {
  if (fine) return;
  perror(what);
  exit(1);
}

/* Starts this program anew; what a reset spares goes over in a file without a name. */
static void reset(enum cause cause) {
  board_let_go();
  const size_t size = (size_t)(__stop_noinit - __start_noinit);
  const int spared = memfd_create("spared", 0);
  check(spared >= 0 && write(spared, &world, sizeof world) == (ssize_t)sizeof world, "spared");
  check(write(spared, __start_noinit, size) == (ssize_t)size, "spared");
  char fd[16], why[16];
  snprintf(fd, sizeof fd, "%d", spared);
  snprintf(why, sizeof why, "%d", cause);
  execl("/proc/self/exe", "board", fd, why, (char *)0);
  check(false, "reset");
}

static void resume(const char *fd, const char *why) {
  const int spared = atoi(fd);
  const size_t size = (size_t)(__stop_noinit - __start_noinit);
  check(lseek(spared, 0, SEEK_SET) == 0 && read(spared, &world, sizeof world) == (ssize_t)sizeof world, "spared");
  check(read(spared, __start_noinit, size) == (ssize_t)size, "spared");
  close(spared);
  reset_cause = (uint8_t)atoi(why);
}

static void power_up(void) {
  world_clear();
  // as random as memory is when power comes
  memset(__start_noinit, 0x5a, (size_t)(__stop_noinit - __start_noinit));
  line_open();
}

static int8_t level_of_word(const char *word) {
  return word[0] == 'z' ? -1 : (int8_t)atoi(word);
}

static void command_on_pin(const char *name, uint8_t pin, const char *value) {
  if (strcmp(name, "pin") == 0) world_give(pin, level_of_word(value));
  if (strcmp(name, "stick") == 0) world.stuck[pin] = level_of_word(value);
  if (strcmp(name, "follow") == 0) world.follows[pin] = level_of_word(value);
  if (strcmp(name, "pulse") == 0)
    for (int i = 0; i < 2 * atoi(value); i++) world_give(pin, port_pin_read(pin) ? 0 : 1);
}

/* Time that a test gives, in place of the computer's. */
static struct {
  bool held;
  uint32_t tick;
} given;

static void obey(const char *line) {
  char name[16] = "", first[16] = "0", second[16] = "0";
  sscanf(line, "%15s %15s %15s", name, first, second);
  if (strcmp(name, "reset") == 0) reset(EXTERNAL);
  if (strcmp(name, "mark") == 0) printf("mark %s\n", first);
  if (strcmp(name, "hang") == 0) board_time.hangs = true;
  if (strcmp(name, "hold") == 0) {
    given.held = true;
    given.tick = board_time.now;
  }
  if (strcmp(name, "run") == 0) given.tick += (uint32_t)atoi(first) * 1000U / PORT_TICK_NS;
  if (strcmp(name, "scale") == 0) {
    world.scale_counts = atoi(first);
    world.scale_per_second = (uint32_t)atoi(second);
  } else if (strcmp(name, "noise") == 0) {
    world.noise_seed = (uint32_t)atoi(first) | 1;
    world.noise_permille = (uint32_t)atoi(second);
  } else if (atoi(first) >= 0 && atoi(first) < PORT_PINS) {
    command_on_pin(name, (uint8_t)atoi(first), second);
  }
}

/* Whoever started the board closes stdin when he is done, or dead. */
static void take_commands(void) {
  static char text[512];
  static size_t length;
  const ssize_t count = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
  if (count <= 0) exit(0);
  length += (size_t)count;
  text[length] = 0;
  char *line = text;
  for (char *end; (end = strchr(line, '\n')) != 0; line = end + 1) {
    *end = 0;
    obey(line);
  }
  length = strlen(line);
  memmove(text, line, length + 1);
  if (length == sizeof text - 1) length = 0;
}

void board_watchdog_bites(void) {
  reset(WATCHDOG);
}

void board_tells(const char *what, uint8_t pin, const char *value) {
  const uint64_t ns = board_time.epoch_ns + (uint64_t)board_time.now * PORT_TICK_NS;
  printf("%s %u %s %llu\n", what, pin, value, (unsigned long long)ns);
}

static uint32_t real_ticks(void) {
  if (given.held) return given.tick;
  return (uint32_t)((monotonic_ns() - board_time.epoch_ns) / PORT_TICK_NS);
}

static void wait_for_something(void) {
  const uint64_t due = board_time.epoch_ns + (uint64_t)board_next_event() * PORT_TICK_NS;
  const uint64_t now = monotonic_ns();
  const uint64_t left = given.held ? 1000000 : due > now ? due - now : 0;
  const struct timespec timeout = {0, (long)(left < 1000000 ? left : 1000000)};
  struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = world.line, .events = POLLIN}};
  if (ppoll(fds, 2, &timeout, 0) <= 0) return;
  if (fds[1].revents != 0) line_take_in();
  if (fds[0].revents != 0) take_commands();
}

int main(int count, char **words) {
  setvbuf(stdout, 0, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1UL);
  if (count == 3)
    resume(words[1], words[2]);
  else
    power_up();
  board_time.epoch_ns = monotonic_ns();
  bridge_begin();
  for (;;) {
    board_run_up_to(real_ticks());
    line_flush();
    wait_for_something();
  }
}
