#include "inputs.h"

#include <string.h>

#include "pins.h"

#define CONTACTS 5
#define FIRST_LEVEL 32
#define MOST_INPUTS (CONTACTS + MOST_PUMPS)

static struct input {
  uint8_t number, pin, flags;
  /* Milliseconds without a break, up to INPUTS_SETTLE_MS: then it is made. */
  uint8_t made_ms;
} inputs[MOST_INPUTS];
static uint8_t count;
static uint8_t settling;
static uint8_t contacts, fitted;
static uint32_t empty;

void inputs_forget(void) {
  memset(inputs, 0, sizeof inputs);
  count = settling = contacts = fitted = 0;
  empty = 0;
}

static bool is_known(uint8_t number) {
  return number < CONTACTS || (number >= FIRST_LEVEL && number < FIRST_LEVEL + PUMP_NUMBERS);
}

static bool is_there(uint8_t number) {
  for (uint8_t i = 0; i < count; i++)
    if (inputs[i].number == number) return true;
  return false;
}

struct verdict inputs_add(uint8_t number, uint8_t pin, uint8_t flags) {
  if (!is_known(number) || is_there(number)) return refuse(MALFORMED, number);
  if (count == MOST_INPUTS) return refuse(OVERFLOW, number);
  if (!pins_free(pin)) return refuse(UNKNOWN_PIN, number);
  pins_take_input(pin, flags);
  inputs[count++] = (struct input){number, pin, flags, 0};
  if (number < CONTACTS) fitted |= (uint8_t)(1U << number);
  settling = INPUTS_SETTLE_MS + 1;
  return fine();
}

static void look(struct input *input, bool ms) {
  if (!pins_active(input->pin, input->flags))
    input->made_ms = 0;
  else if (ms && input->made_ms < INPUTS_SETTLE_MS)
    input->made_ms++;
}

bool inputs_poll(bool ms) {
  uint8_t contacts_now = 0;
  uint32_t empty_now = 0;
  for (struct input *input = inputs; input < inputs + count; input++) {
    look(input, ms);
    if (input->made_ms < INPUTS_SETTLE_MS) continue;
    if (input->number < CONTACTS)
      contacts_now |= (uint8_t)(1U << input->number);
    else
      empty_now |= 1UL << (input->number - FIRST_LEVEL);
  }
  if (ms && settling > 0) settling--;
  const bool changed = contacts_now != contacts || empty_now != empty;
  contacts = contacts_now;
  empty = empty_now;
  return changed;
}

bool inputs_settled(void) {
  return settling == 0;
}

uint8_t inputs_contacts(void) {
  return contacts;
}

uint8_t inputs_fitted(void) {
  return fitted;
}

uint32_t inputs_empty(void) {
  return empty;
}

uint8_t inputs_missing(uint8_t heed) {
  return (uint8_t)(heed & fitted & ~contacts);
}
