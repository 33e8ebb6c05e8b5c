#include "support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace store_test {

std::string idOf(unsigned n) {
  char text[40];
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012u", n);
  return text;
}

std::shared_ptr<call::Terms> terms(unsigned n) {
  auto t = std::make_shared<call::Terms>();
  t->id = idOf(n);
  t->carrier = "twilio";
  t->voice = "openai";
  t->to_number = "+1555010" + std::to_string(1000 + n);
  t->from_number = "+15550100001";
  t->base_url = "https://gateway.example/base";
  t->media_url = "wss://gateway.example/twilio/media-stream/SECRET-TOKEN";
  t->prompt = "You are polite to caller " + std::to_string(n) + ".";
  t->greeting = "Good day";
  t->metadata_json = R"({"order":7,"note":"ü 💬"})";
  t->max_duration_s = 600;
  t->ring_timeout_s = 25;
  return t;
}

SaveCall liveCall(unsigned n) {
  SaveCall save;
  auto& r = save.record;
  r.terms = terms(n);
  r.remote_id = "CA" + std::to_string(n);
  r.status = call::Status::in_progress;
  r.started_unix_ms = start_ms + n * 1000ull;
  r.answered_unix_ms = r.started_unix_ms + 300;
  return save;
}

SaveCall endedCall(unsigned n, bool released) {
  SaveCall save = liveCall(n);
  auto& r = save.record;
  r.status = call::Status::ended;
  r.ended_unix_ms = r.answered_unix_ms + 5000;
  r.outcome = call::Outcome::completed;
  r.ended_by = call::EndedBy::agent;
  r.reason = "the agent said goodbye";
  save.leg_over = true;
  save.released = released;
  return save;
}

SaveLine line(unsigned n, std::uint32_t number, const std::string& text) {
  call::Line l;
  l.speaker = number % 2 ? 1 : 2;
  l.at_unix_ms = start_ms + n * 1000ull + number;
  l.text = text;
  l.item = "item_" + std::to_string(number);
  l.number = number;
  return {idOf(n), l};
}

SaveHook hook(unsigned n, const std::string& plugin, call::HookRow::State state) {
  Hook h;
  h.call = idOf(n);
  h.phase = call::Phase::notify;
  h.plugin = plugin;
  h.state = state;
  h.attempts = 3;
  h.deadline_ms = 15'000;
  h.first_unix_ms = start_ms + n * 1000ull;
  h.next_unix_ms = state == call::HookRow::State::retrying ? start_ms + 99'000 : 0;
  h.ms = 1234;
  h.error = "502 from the receiver";
  return {h};
}

void atOnce(std::function<void()> task) { task(); }

StoreOptions options(const std::string& path) {
  StoreOptions o;
  o.path = path;
  o.busy_ms = 50;
  o.retry_ms = 20;
  o.unix_ms = [] { return start_ms + 3600'000; };
  return o;
}

namespace {

template <class T>
T wait(std::future<T> answer) {
  if (answer.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
    throw std::runtime_error("the store did not answer");
  return answer.get();
}

template <class T>
T readable(Answer<T> answer) {
  if (!answer.readable) throw std::runtime_error("the store could not be read");
  return std::move(answer.value);
}

}  // namespace

bool put(Store& store, std::vector<Write> writes) {
  const auto answer = std::make_shared<std::promise<bool>>();
  store.put(std::move(writes), [answer](bool durable) { answer->set_value(durable); });
  return wait(answer->get_future());
}

std::optional<StoredCall> find(Store& store, const std::string& id) {
  const auto answer = std::make_shared<std::promise<Answer<std::optional<StoredCall>>>>();
  store.find(id, [answer](Answer<std::optional<StoredCall>> found) { answer->set_value(std::move(found)); });
  return readable(wait(answer->get_future()));
}

HistoryPage historyPage(Store& store, HistoryQuery query) {
  const auto answer = std::make_shared<std::promise<Answer<HistoryPage>>>();
  store.history(std::move(query), [answer](Answer<HistoryPage> found) { answer->set_value(std::move(found)); });
  return readable(wait(answer->get_future()));
}

bool knowsLeg(Store& store, const std::string& carrier, const std::string& remote_id) {
  const auto answer = std::make_shared<std::promise<Answer<bool>>>();
  store.knowsLeg(carrier, remote_id, [answer](Answer<bool> known) { answer->set_value(known); });
  return readable(wait(answer->get_future()));
}

std::vector<StoredCall> history(Store& store, HistoryQuery query) { return historyPage(store, std::move(query)).calls; }

std::vector<std::string> ids(const std::vector<StoredCall>& calls) {
  std::vector<std::string> out;
  for (const auto& c : calls) out.push_back(c.record.terms->id);
  return out;
}

std::string refusal(const StoreOptions& o) {
  try {
    Store store(o, atOnce);
    return {};
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(40);  // an upper bound, never a measurement
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void writeFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Shell::Shell(const std::string& path) {
  if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("the shell cannot open " + path);
  sqlite3_busy_timeout(db_, 5000);
}

Shell::~Shell() { sqlite3_close(db_); }

void Shell::run(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
}

std::int64_t Shell::number(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
  const std::int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_finalize(statement);
  return value;
}

std::string Shell::text(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
  std::string value;
  if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 0) > 0)
    value.assign(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                 std::size_t(sqlite3_column_bytes(statement, 0)));
  sqlite3_finalize(statement);
  return value;
}

Errors::Errors() { testing::internal::CaptureStderr(); }

Errors::~Errors() {
  if (!over_) testing::internal::GetCapturedStderr();
}

std::string Errors::text() {
  over_ = true;
  return testing::internal::GetCapturedStderr();
}

}  // namespace store_test
