// The records of abi.h are laid out in C++ as they are in C.
#include "layout.h"

#include <cstdio>
#include <iterator>

int main() {
  const size_t here[] = HKS_TEST_LAYOUT;
  if (std::size(here) != layout_in_c_count) return std::puts("C and C++ count differently"), 1;
  for (size_t i = 0; i < std::size(here); ++i)
    if (here[i] != layout_in_c[i])
      return std::printf("entry %zu of layout.h is %zu in C and %zu in C++\n", i, layout_in_c[i], here[i]), 1;
  return 0;
}
