#include "host/store/store.hpp"

#include <memory>
#include <utility>

#include "host/store/history_read.hpp"
#include "host/store/store_thread.hpp"

namespace hookswitch::store {
namespace {

/// Asks the thread for a value that is read at once.
template <class T, class Read>
void ask(StoreThread& thread, Read read, std::function<void(Answer<T>)> then) {
  const auto value = std::make_shared<T>();
  thread.read(
      [read = std::move(read), value](Reader& reader) {
        *value = read(reader);
        return true;
      },
      [value, then = std::move(then)](bool readable) {
        then({readable, std::move(*value)});
      });
}

}  // namespace

Store::Store(StoreOptions options, Executor executor)
    : thread_(std::make_unique<StoreThread>(std::move(options), std::move(executor))) {}
Store::~Store() = default;

Unfinished Store::loadUnfinished() { return thread_->loadUnfinished(); }
void Store::start() { thread_->start(); }
void Store::stop() { thread_->stop(); }
void Store::put(std::vector<Write> writes, std::function<void(bool)> then) {
  thread_->put(std::move(writes), std::move(then));
}
bool Store::stored(const std::string& call) const { return thread_->stored(call); }
void Store::setKeepDays(std::uint32_t days) { thread_->setKeepDays(days); }
StoreHealth Store::health() const { return thread_->health(); }

void Store::find(const std::string& call, std::function<void(Answer<std::optional<StoredCall>>)> then) {
  ask<std::optional<StoredCall>>(
      *thread_, [call](Reader& reader) { return reader.find(call); }, std::move(then));
}

void Store::history(HistoryQuery query, std::function<void(Answer<HistoryPage>)> then) {
  const auto read = std::make_shared<HistoryRead>(std::move(query));
  thread_->read([read](Reader& reader) { return read->some(reader); },
                [read, then = std::move(then)](bool readable) {
                  then({readable, readable ? std::move(read->page()) : HistoryPage{}});
                });
}

void Store::hooks(std::vector<call::HookRow::State> states, std::size_t limit,
                  std::function<void(Answer<std::vector<Hook>>)> then) {
  ask<std::vector<Hook>>(
      *thread_, [states = std::move(states), limit](Reader& reader) { return reader.hooks(states, limit); },
      std::move(then));
}

void Store::hooks(std::vector<call::HookRow::State> states, std::size_t limit, const std::string& plugin,
                  bool notifications, std::function<void(Answer<std::vector<Hook>>)> then) {
  ask<std::vector<Hook>>(
      *thread_,
      [states = std::move(states), limit, plugin, notifications](Reader& reader) {
        return reader.oldestHooks(states, limit, plugin, notifications);
      },
      std::move(then));
}

void Store::findKey(const std::string& key, std::function<void(Answer<std::optional<SaveKey>>)> then) {
  ask<std::optional<SaveKey>>(
      *thread_, [key](Reader& reader) { return reader.findKey(key); }, std::move(then));
}

void Store::knowsBase(const std::string& base_url, std::function<void(Answer<bool>)> then) {
  ask<bool>(
      *thread_, [base_url](Reader& reader) { return reader.knowsBase(base_url); }, std::move(then));
}

void Store::knowsLeg(const std::string& carrier, const std::string& remote_id, std::function<void(Answer<bool>)> then) {
  ask<bool>(
      *thread_, [carrier, remote_id](Reader& reader) { return reader.knowsLeg(carrier, remote_id); }, std::move(then));
}

}  // namespace hookswitch::store
