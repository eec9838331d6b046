#include <math.h>

#include "sim/accelerators/dnnguard/handlers/handlers.h"

static uint8_t lower(uint8_t a, uint8_t b) { return a < b ? a : b; }
static uint8_t higher(uint8_t a, uint8_t b) { return a < b ? b : a; }

/// Of four: the higher of what is left when the highest of all is gone.
static uint8_t second(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return higher(higher(lower(a, b), lower(c, d)), lower(higher(a, b), higher(c, d)));
}

void handler_median_2x2(const uint8_t* in, uint8_t* out, size_t height, size_t width) {
  for (size_t y = 0; y < height; ++y) {
    const uint8_t* line = in + y * width;
    const uint8_t* above = y > 0 ? line - width : line;
    for (size_t x = 0; x < width; ++x) {
      const size_t left = x > 0 ? x - 1 : 0;
      out[y * width + x] = second(line[x], line[left], above[x], above[left]);
    }
  }
}

void handler_bit_depth(const float* x, float* y, size_t n, unsigned bits) {
  const float most = (float)((1U << bits) - 1);
  for (size_t i = 0; i < n; ++i) y[i] = rintf(x[i] * most) / most;
}

/// An image whose edge repeats its pixels.
struct image {
  const float* pixels;
  ptrdiff_t height;
  ptrdiff_t width;
};

static ptrdiff_t inside(ptrdiff_t at, ptrdiff_t size) {
  if (at < 0) return 0;
  return at < size ? at : size - 1;
}

static float pixel(const struct image* image, ptrdiff_t y, ptrdiff_t x) {
  return image->pixels[inside(y, image->height) * image->width + inside(x, image->width)];
}

/// Mean square difference of the patches around two pixels.
static float difference(const struct image* image, ptrdiff_t y, ptrdiff_t x, ptrdiff_t other_y,
                        ptrdiff_t other_x, ptrdiff_t patch) {
  const ptrdiff_t half = patch / 2;
  float sum = 0;
  for (ptrdiff_t dy = -half; dy <= half; ++dy) {
    for (ptrdiff_t dx = -half; dx <= half; ++dx) {
      const float d = pixel(image, y + dy, x + dx) - pixel(image, other_y + dy, other_x + dx);
      sum += d * d;
    }
  }
  return sum / (float)(patch * patch);
}

static float weighted_mean(const struct image* image, ptrdiff_t y, ptrdiff_t x, ptrdiff_t search,
                           ptrdiff_t patch, float strength) {
  const ptrdiff_t half = search / 2;
  float sum = 0;
  float weights = 0;
  for (ptrdiff_t dy = -half; dy <= half; ++dy) {
    for (ptrdiff_t dx = -half; dx <= half; ++dx) {
      const float d = difference(image, y, x, y + dy, x + dx, patch);
      const float weight = expf(-d / (strength * strength));
      sum += weight * pixel(image, y + dy, x + dx);
      weights += weight;
    }
  }
  return sum / weights;
}

void handler_non_local_means(const float* in, float* out, size_t height, size_t width,
                             size_t search, size_t patch, float strength) {
  const struct image image = {in, (ptrdiff_t)height, (ptrdiff_t)width};
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      out[y * width + x] = weighted_mean(&image, (ptrdiff_t)y, (ptrdiff_t)x, (ptrdiff_t)search,
                                         (ptrdiff_t)patch, strength);
    }
  }
}
