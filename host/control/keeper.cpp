#include "host/control/keeper.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "host/base/base64.hpp"
#include "host/base/private_file.hpp"

namespace hookswitch::control {
namespace {

constexpr const char* lane = "kept";
constexpr std::size_t max_kept_file = 128 * 1024;  // what max_names of max_bytes take in base64

bool isName(const std::string& name) {
  return !name.empty() && name.size() <= Keeper::max_name && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace

/// One line for each name: "name base64".
struct Keeper::State {
  explicit State(std::string path) : store_path(std::move(path)) {}

  std::string file(const std::string& plugin) const { return base::besideStore(store_path, plugin + ".kept"); }

  base::Result<Names> read(const std::string& plugin) const {
    const std::string path = file(plugin);
    const auto found = base::readPrivateFile(path, max_kept_file);
    if (!found) return base::Failure(found.error());
    const std::string content = found->value_or(std::string());
    Names names;
    for (std::size_t begin = 0, number = 1; begin < content.size(); ++number) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      const std::string line = content.substr(begin, end - begin);
      begin = end + 1;
      const std::size_t blank = line.find(' ');
      const std::string name = line.substr(0, blank);
      auto bytes = blank == std::string::npos ? std::nullopt : base::fromBase64(line.substr(blank + 1));
      if (!isName(name) || !bytes || bytes->size() > max_bytes || names.size() >= max_names)
        return base::Failure(path + ":" + std::to_string(number) +
                             " is not what the gateway wrote; move the file away, and the plugin begins anew");
      names[name] = std::move(*bytes);
    }
    return names;
  }

  /// [io]
  Kept answer(const Question& q) {
    auto names = read(q.plugin);
    if (!names) return base::Failure(names.error());
    const auto found = names->find(q.name);
    const std::string before = found == names->end() ? std::string() : found->second;
    if (!q.write || q.bytes == before) return before;
    if (q.bytes.empty())
      names->erase(q.name);
    else
      (*names)[q.name] = q.bytes;
    if (names->size() > max_names)
      return base::Failure("a plugin may keep " + std::to_string(max_names) + " names; forget one first");
    std::string content;
    for (auto& [name, bytes] : *names) content += name + " " + base::toBase64(bytes) + "\n";
    if (const auto kept = base::writePrivateFile(file(q.plugin), content); !kept) return base::Failure(kept.error());
    return q.bytes;
  }

  const std::string store_path;
  std::mutex mutex;  // guards what follows
  std::deque<Question> waiting;
  bool running = false;  // a task is on its way or at work
};

Keeper::Keeper(base::Loop& control, base::IoPool& io, std::string store_path)
    : control_(control), io_(io), state_(std::make_shared<State>(std::move(store_path))) {}

std::string Keeper::file(const std::string& plugin) const { return state_->file(plugin); }

void Keeper::keep(const std::string& plugin, const std::string& name, std::string bytes, Answer answer) {
  ask({plugin, name, std::move(bytes), true, std::move(answer)});
}

void Keeper::recall(const std::string& plugin, const std::string& name, Answer answer) {
  ask({plugin, name, {}, false, std::move(answer)});
}

void Keeper::ask(Question question) {
  const auto refuse = [this](Answer answer, std::string why) {
    control_.post([answer = std::move(answer), why = std::move(why)] { answer(base::Failure(why)); });
  };
  if (!isName(question.name))
    return refuse(std::move(question.answer),
                  "a name has 1 to " + std::to_string(max_name) + " characters of a-z 0-9 _ . -");
  if (question.bytes.size() > max_bytes)
    return refuse(std::move(question.answer), "at most " + std::to_string(max_bytes) + " bytes are kept under a name");
  bool begin = false;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (state_->waiting.size() >= max_waiting)
      return refuse(std::move(question.answer), "too many questions about kept secrets wait");
    state_->waiting.push_back(std::move(question));
    begin = !std::exchange(state_->running, true);
  }
  if (!begin) return;
  const bool posted = io_.post(lane, [state = state_, &control = control_] {
    for (;;) {
      Question q;
      {
        const std::lock_guard<std::mutex> lock(state->mutex);
        if (state->waiting.empty()) {
          state->running = false;
          return;
        }
        q = std::move(state->waiting.front());
        state->waiting.pop_front();
      }
      control.post([answer = std::move(q.answer), kept = state->answer(q)] { answer(kept); });
    }
  });
  if (posted) return;
  std::deque<Question> refused;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    refused.swap(state_->waiting);
    state_->running = false;
  }
  for (auto& q : refused) refuse(std::move(q.answer), "the gateway is stopping");
}

}  // namespace hookswitch::control
