#include "scale.h"

#include "pins.h"
#include "port.h"

static struct {
  uint8_t data, clock;
  bool fitted, watched;
  uint32_t read_at;
  int32_t counts;
} scale;

void scale_forget(void) {
  scale.fitted = scale.watched = false;
  scale.counts = 0;
}

struct verdict scale_add(uint8_t data, uint8_t clock) {
  if (scale.fitted || data == clock || !pins_free(data) || !pins_free(clock)) return refuse(UNKNOWN_PIN, 0);
  pins_take_input(data, 0);
  pins_take(clock);
  port_pin_output(clock, false);
  scale.data = data;
  scale.clock = clock;
  scale.fitted = true;
  return fine();
}

struct verdict scale_watch(bool on) {
  if (!scale.fitted) return refuse(UNKNOWN_PIN, 0);
  scale.watched = on;
  if (!on) scale.counts = 0;
  return fine();
}

bool scale_poll(void) {
  if (!scale.watched || !port_scale_ready(scale.data)) return false;
  scale.read_at = port_now();
  scale.counts = port_scale_read(scale.data, scale.clock);
  return true;
}

uint32_t scale_read_at(void) {
  return scale.read_at;
}

int32_t scale_counts(void) {
  return scale.counts;
}
