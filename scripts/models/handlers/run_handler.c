// Calls one handler once: run_handler NAME N, with N elements that are drawn from a fixed seed.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/accelerators/dnnguard/handlers/handlers.h"

enum { MOST = 1 << 16, POINTS = 100, NEIGHBOURS = 20, WIDTH = 16 };

static float a[MOST];
static float b[MOST];
static float out[MOST];
static uint8_t pixels[MOST];
static uint8_t filtered[MOST];

static float draw(void) {
  static uint32_t state = 1;
  state = state * 1664525 + 1013904223;
  return (float)(state >> 8) / (1 << 24);
}

static void softmax(size_t n) { handler_softmax(a, out, n); }
static void l1(size_t n) { out[0] = handler_l1(a, b, n); }
static void l2(size_t n) { out[0] = handler_l2(a, b, n); }
static void jensen_shannon(size_t n) { out[0] = handler_jensen_shannon(a, b, n); }
static void median_2x2(size_t n) { handler_median_2x2(pixels, filtered, n / WIDTH, WIDTH); }
static void bit_depth(size_t n) { handler_bit_depth(a, out, n, 5); }
static void non_local_means(size_t n) {
  handler_non_local_means(a, out, n / WIDTH, WIDTH, 11, 3, 4);
}
static void nearest(size_t n) { handler_nearest(b, a, POINTS, n / POINTS, out, NEIGHBOURS); }
static void lid(size_t n) { out[0] = handler_lid(a, n); }
static void logistic(size_t n) { out[0] = handler_logistic(a, b, 1, n); }
static void argmax(size_t n) { out[0] = (float)handler_argmax(a, n); }
static void above(size_t n) { out[0] = (float)handler_above(a, n, 0.5F); }

static const struct {
  const char* name;
  void (*run)(size_t n);
} handlers[] = {{"softmax", softmax},
                {"l1", l1},
                {"l2", l2},
                {"jensen_shannon", jensen_shannon},
                {"median_2x2", median_2x2},
                {"bit_depth", bit_depth},
                {"non_local_means", non_local_means},
                {"nearest", nearest},
                {"lid", lid},
                {"logistic", logistic},
                {"argmax", argmax},
                {"above", above}};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const size_t n = strtoul(argv[2], NULL, 10);
  if (n > MOST) return 2;
  for (size_t i = 0; i < n; ++i) {
    a[i] = draw();
    b[i] = draw();
    pixels[i] = (uint8_t)(draw() * 255);
  }
  for (size_t i = 0; i < sizeof handlers / sizeof *handlers; ++i) {
    if (strcmp(handlers[i].name, argv[1]) != 0) continue;
    handlers[i].run(n);
    return 0;
  }
  fprintf(stderr, "no handler is called %s\n", argv[1]);
  return 2;
}
