#include "host/store/put_queue.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "host/base/log.hpp"
#include "host/store/backlog.hpp"

namespace hookswitch::store {
namespace {

constexpr std::size_t kBatchWrites = 8192, kBatchBytes = 16 * 1024 * 1024;  // of one transaction: others wait for it

bool isLine(const Write& write) { return std::holds_alternative<SaveLine>(write); }

}  // namespace

Put Put::of(std::vector<Write> writes) {
  Put put{std::move(writes)};
  for (auto& write : put.writes) {
    if (auto* save = std::get_if<SaveCall>(&write)) {
      if (!save->record.terms) throw std::invalid_argument("a call without terms cannot be stored");
      save->record.transcript = {};  // its lines come by themselves
    }
    const std::size_t cost = weight(write);
    put.bytes += cost;
    if (isLine(write)) put.line_bytes += cost;
  }
  return put;
}

std::size_t PutQueue::dropLines(Put& put) {
  const auto lines = std::remove_if(put.writes.begin(), put.writes.end(), isLine);
  const auto dropped = std::size_t(put.writes.end() - lines);
  put.writes.erase(lines, put.writes.end());
  put.bytes -= std::exchange(put.line_bytes, 0);
  return dropped;
}

bool PutQueue::admit(Put put) {
  if (!fits(put)) {
    if (!refused_)
      log::error("store", "what waits for the disk has reached " + std::to_string(max_bytes_) +
                              " bytes; lines of transcripts are lost from now on, then other writes");
    if (line_bytes_ > 0) {
      std::size_t dropped = 0;
      for (auto& queued : puts_) dropped += dropLines(queued);
      bytes_ -= std::exchange(line_bytes_, 0);
      writes_ -= dropped;
      refused_ += dropped;
    }
    if (!fits(put)) refused_ += dropLines(put);
    if (!fits(put)) {
      refused_ += put.writes.size();
      return false;
    }
  }
  bytes_ += put.bytes;
  line_bytes_ += put.line_bytes;
  writes_ += put.writes.size();
  puts_.push_back(std::move(put));
  ++latest_;
  return true;
}

std::vector<Write> PutQueue::take() {
  std::vector<Write> batch;
  std::size_t bytes = 0;
  while (!puts_.empty() && batch.size() < kBatchWrites && bytes < kBatchBytes) {
    Put& put = puts_.front();
    bytes += put.bytes;
    line_bytes_ -= put.line_bytes;
    if (batch.empty())
      batch = std::move(put.writes);
    else
      batch.insert(batch.end(), std::make_move_iterator(put.writes.begin()), std::make_move_iterator(put.writes.end()));
    puts_.pop_front();
    ++taken_;
  }
  bytes_ -= bytes;
  writes_ -= batch.size();
  return batch;
}

}  // namespace hookswitch::store
