#include "host/net/lent_buffer.hpp"

namespace hookswitch::net {
namespace {

constexpr std::size_t largest_kept = 64 * 1024;

thread_local std::unique_ptr<char[]> spare;
thread_local std::string spare_text;

}  // namespace

std::unique_ptr<char[]> LentBuffer::take() {
  if (spare) return std::move(spare);
  return std::unique_ptr<char[]>(new char[size]);  // nothing needs zeros here
}

void LentBuffer::give(std::unique_ptr<char[]> buffer) noexcept {
  if (!spare) spare = std::move(buffer);
}

void LentBuffer::lend(std::string& out) noexcept {
  if (out.capacity() < spare_text.capacity()) out = std::move(spare_text);
}

void LentBuffer::reclaim(std::string& out) noexcept {
  out.clear();
  if (out.capacity() > spare_text.capacity() && out.capacity() <= largest_kept) spare_text.swap(out);
  if (out.capacity() > std::string().capacity()) std::string().swap(out);
}

}  // namespace hookswitch::net
