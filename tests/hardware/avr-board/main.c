/*
 * The firmware's binary on an emulated ATmega328P in real time: `avr-board FIRMWARE.elf`. Stdout tells the pty of its
 * UART and every edge of an output with the cycle at which it happened; stdin takes commands as the board of virtual
 * pins does (pin, stick, follow, pulse, scale COUNTS RATE, reset), and
 *
 *   scale-at DATA CLOCK   pins of the HX711
 *   exact                 from here on looks at the stack after each instruction (slower)
 *   measure               tells `measured stack BYTES`, `measured clock-high CYCLES`, `measured behind MICROSECONDS`
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <simavr/sim_elf.h>

#include "board.h"

#define SLICE 4000
#define NS_A_SLICE (SLICE * 1000ULL / (FREQUENCY / 1000000))
/* What is lost to other work on this computer is not made up for beyond this. */
#define MOST_BEHIND_NS 20000000ULL
enum { MCUSR = 0x54, POWER_ON = 1, RESET_PIN = 2 };

avr_t *avr;
static uint16_t lowest_stack = 0xffff;
static uint64_t behind_ns, lost_ns;

void tell(const char *word, int pin, const char *value) {
  const unsigned long long half_ns = avr->cycle * 125ULL;
  printf("%s %d %s %llu.%d\n", word, pin, value, half_ns / 2, half_ns % 2 != 0 ? 5 : 0);
}

static int level_of(const char *word) {
  return word[0] == 'z' ? -1 : atoi(word);
}

static void reset(void) {
  avr_reset(avr);
  avr->data[MCUSR] = RESET_PIN;
  pins_look();
}

static void measure(void) {
  printf("measured stack %d\n", avr->ramend - lowest_stack);
  printf("measured clock-high %llu\n", (unsigned long long)scale_longest_high());
  printf("measured behind %llu\n", (unsigned long long)((behind_ns + lost_ns) / 1000));
}

static void obey(const char *line) {
  char name[16] = "", first[16] = "0", second[16] = "0";
  sscanf(line, "%15s %15s %15s", name, first, second);
  const int pin = atoi(first);
  if (strcmp(name, "reset") == 0) reset();
  if (strcmp(name, "exact") == 0) avr->run_cycle_limit = 1;
  if (strcmp(name, "measure") == 0) measure();
  if (strcmp(name, "scale") == 0) scale_set(atol(first), atol(second));
  if (pin < 0 || pin >= PINS) return;
  if (strcmp(name, "scale-at") == 0) scale_at(pin, atoi(second));
  if (strcmp(name, "pin") == 0) pin_give(pin, level_of(second));
  if (strcmp(name, "stick") == 0) pin_stick(pin, level_of(second));
  if (strcmp(name, "follow") == 0) pin_follow(pin, level_of(second));
}

static void take_commands(void) {
  static char text[1024];
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
}

static uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void run_slice(void) {
  const avr_cycle_count_t until = avr->cycle + SLICE;
  while (avr->cycle < until) {
    const int state = avr_run(avr);
    if (state == cpu_Done || state == cpu_Crashed) {
      printf("crashed\n");
      exit(1);
    }
    const uint16_t stack = (uint16_t)(avr->data[R_SPL] | avr->data[R_SPH] << 8);
    if (stack > 0x100 && stack < lowest_stack) lowest_stack = stack;
  }
}

/* Looks at line and commands, and sleeps until the slice's time has come. */
static void wait_until(uint64_t due) {
  const uint64_t now = monotonic_ns();
  const struct timespec timeout = {0, (long)(due > now ? due - now : 0)};
  struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = line_fd(), .events = POLLIN}};
  if (ppoll(fds, 2, &(struct timespec){0, 0}, 0) < 0) return;
  if (fds[0].revents != 0) take_commands();
  if (fds[1].revents != 0) line_take_in();
  if (due > now) nanosleep(&timeout, 0);
}

static void quiet(struct avr_t *of, const int level, const char *format, va_list words) {
  (void)of;
  if (level <= LOG_ERROR) vfprintf(stderr, format, words);
}

int main(int count, char **words) {
  setvbuf(stdout, 0, _IOLBF, 0);
  prctl(PR_SET_TIMERSLACK, 1UL);
  avr_global_logger_set(quiet);
  elf_firmware_t firmware = {0};
  if (count != 2 || elf_read_firmware(words[1], &firmware) != 0) return 1;
  avr = avr_make_mcu_by_name("atmega328p");
  if (avr == 0 || avr_init(avr) != 0) return 1;
  firmware.frequency = FREQUENCY;
  avr_load_firmware(avr, &firmware);
  // as random as memory is when power comes
  memset(avr->data + 0x100, 0x5a, avr->ramend - 0xff);
  avr->data[MCUSR] = POWER_ON;
  pins_begin();
  line_begin();
  uint64_t due = monotonic_ns();
  for (;;) {
    run_slice();
    line_flush();
    due += NS_A_SLICE;
    const uint64_t now = monotonic_ns();
    const uint64_t behind = now > due ? now - due : 0;
    if (behind > behind_ns) behind_ns = behind;
    if (behind > MOST_BEHIND_NS) {
      lost_ns += behind;
      due = now;
    }
    wait_until(due);
  }
}
