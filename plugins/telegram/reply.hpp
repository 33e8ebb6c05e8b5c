// What an answer of the Bot API means for the message that was sent. (telegram.md §1, §4)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hookswitch::telegram {

struct Reply {
  enum class Kind {
    Sent = 1,
    Wait = 2,       ///< 429: nothing to this chat for retry_after_s
    Moved = 3,      ///< the group became a supergroup: moved_to is its new id
    BadMarkup = 4,  ///< the HTML was refused: say it again without markup
    NoTopic = 5,    ///< the forum topic is gone: say it again without it
    Empty = 6,      ///< nothing was left of the text: there is nothing to repeat
    NoChat = 7,     ///< this chat will not take messages until a person changes something: see mend
    NoBot = 8,      ///< the token is wrong: nothing works until a person changes something: see mend
    Refused = 9,    ///< this message will never be taken
    Broken = 10,    ///< no answer, or none that says anything: a repetition may help
  };
  Kind kind = Kind::Broken;
  std::uint32_t retry_after_s = 0;  ///< 1..86400 with Wait
  std::int64_t moved_to = 0;
  std::string mend;      ///< with NoChat and NoBot: what that person has to change
  std::string sentence;  ///< one line for the log and the ledger, of at most 300 bytes
};

/// `status` 0: no answer, `body` says why. Only `ok` and `parameters` of the body are contract; descriptions select
/// a fallback, never success. `retry_after` is the header of that name, if any. [any]
Reply readReply(std::uint32_t status, std::string_view body, std::string_view retry_after);

}  // namespace hookswitch::telegram
