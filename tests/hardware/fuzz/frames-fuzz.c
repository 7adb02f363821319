/* Any bytes on the line of a board in a session: nothing moves, nothing is broken, what it sends is sound. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "port.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* A checksum in 4 billion is right by chance; here the fuzzer may finish a frame with a right one. */
static void put_with_checksum(const uint8_t *bytes, size_t count) {
  struct payload payload = {0};
  uint8_t line[600];
  for (size_t i = 2; i < count; i++) p8(&payload, bytes[i]);
  bench_put(line, bench_encode(count > 0 ? bytes[0] : 0, count > 1 ? bytes[1] : 0, &payload, 0, line));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  bench_power_up();
  while (count > 0) {
    const size_t part = 1 + bytes[0] % 120U < count ? 1 + bytes[0] % 120U : count;
    if (bytes[0] >= 128)
      put_with_checksum(bytes + 1, part - 1);
    else
      bench_put(bytes + 1, part - 1);
    bench_run(MS);
    while (bench_take().type != 0) continue;
    bytes += part;
    count -= part;
  }
  for (uint8_t pin = 0; pin < PORT_PINS; pin++)
    if (bench_level(pin) == '1') abort();
  return 0;
}
