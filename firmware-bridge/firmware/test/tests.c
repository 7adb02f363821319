/* Runs every test of the core, and ends with the first that fails. */
#include <stdio.h>
#include <stdlib.h>

#include "talk.h"

static const char *current;

void fail(const char *file, int line, const char *what) {
  printf("FAILED %s: %s:%d: %s\n", current, file, line, what);
  exit(1);
}

static void run(const struct test *tests) {
  for (; tests->name != 0; tests++) {
    current = tests->name;
    bench_power_up();
    tests->run();
    printf("ok %s\n", current);
  }
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  run(link_tests);
  run(layout_tests);
  run(job_tests);
  run(guard_tests);
  run(record_tests);
  return 0;
}
