// What the tests of the store share: a directory, values, answers to wait for, a second hand on the file.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/store/store.hpp"
#include "tests/folder.hpp"

namespace store_test {

using namespace hookswitch::store;
namespace call = hookswitch::call;

class Directory : public hookswitch_test::Folder {
 public:
  Directory() : Folder("store") {}
  std::string file(const std::string& name = "calls.db") const { return Folder::file(name); }
  std::string path() const { return Folder::path(); }
};

std::string idOf(unsigned n);  ///< a UUID, in order
constexpr std::uint64_t start_ms = 1769868000000;
std::shared_ptr<call::Terms> terms(unsigned n);
/// Call n: started n seconds after start_ms, answered, live.
SaveCall liveCall(unsigned n);
SaveCall endedCall(unsigned n, bool released = true);
SaveLine line(unsigned n, std::uint32_t number, const std::string& text);
SaveHook hook(unsigned n, const std::string& plugin, call::HookRow::State state);

/// The executor of most tests: at once, on the thread of the store.
void atOnce(std::function<void()> task);
StoreOptions options(const std::string& path);

bool put(Store& store, std::vector<Write> writes);  ///< waits for the answer
// These throw when the answer is that it could not be read.
std::optional<StoredCall> find(Store& store, const std::string& id);
HistoryPage historyPage(Store& store, HistoryQuery query);
std::vector<StoredCall> history(Store& store, HistoryQuery query = {});
bool knowsLeg(Store& store, const std::string& carrier, const std::string& remote_id);
std::vector<std::string> ids(const std::vector<StoredCall>& calls);
/// Why the constructor refuses; empty: it does not.
std::string refusal(const StoreOptions& options);
/// Asks until it holds, for at most ten seconds.
bool eventually(const std::function<bool()>& holds);

void writeFile(const std::string& path, const std::string& bytes);
std::string readFile(const std::string& path);

/// Another program on the same file.
class Shell {
 public:
  explicit Shell(const std::string& path);
  ~Shell();
  Shell(const Shell&) = delete;
  void run(const std::string& sql);
  std::int64_t number(const std::string& sql);
  std::string text(const std::string& sql);

 private:
  sqlite3* db_ = nullptr;
};

/// What is written to standard error meanwhile.
class Errors {
 public:
  Errors();
  ~Errors();
  std::string text();  ///< so far; ends the capture
 private:
  bool over_ = false;
};

}  // namespace store_test
