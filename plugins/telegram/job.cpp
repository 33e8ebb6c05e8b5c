#include "plugins/telegram/job.hpp"

#include <algorithm>

namespace hookswitch::telegram {

std::string memoOf(const Job& job, const std::vector<Chat>& chats) {
  std::string memo;
  for (std::size_t c = 0; c < chats.size(); ++c) {
    const Progress& p = job.chats[c];
    const bool all = p.state == State::Done || (job.part_count && p.next >= job.part_count);
    if (!all && !p.next) continue;
    if (!memo.empty()) memo += ' ';
    memo += chats[c].id.name + "=" + (all ? "*" : std::to_string(p.next));
  }
  return memo;
}

void recall(Job& job, const std::vector<Chat>& chats, std::string_view memo) {
  while (!memo.empty()) {
    const std::string_view entry = memo.substr(0, memo.find(' '));
    memo.remove_prefix(std::min(memo.size(), entry.size() + 1));
    const std::size_t equals = entry.rfind('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view value = entry.substr(equals + 1);
    for (std::size_t c = 0; c < chats.size(); ++c) {
      Progress& p = job.chats[c];
      if (chats[c].id.name != entry.substr(0, equals) || p.state != State::Idle) continue;
      if (value == "*")
        p.state = State::Done, p.next = job.part_count;
      else if (value.size() == 1 && value[0] >= '0' && value[0] <= '9')
        p.next = std::max(p.next, std::size_t(value[0] - '0'));
    }
  }
}

}  // namespace hookswitch::telegram
