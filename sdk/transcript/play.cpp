#include "match.hpp"
#include "script.hpp"
#include "transcript.hpp"

#include <hookswitch/testing.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>

namespace hks::transcript {
namespace {

const char* statusName(hks_status status) {
  switch (status) {
    case HKS_OK: return "OK";
    case HKS_FULL: return "FULL";
    case HKS_INVALID: return "INVALID";
    case HKS_FAULT: return "FAULT";
    case HKS_UNSUPPORTED: return "UNSUPPORTED";
    default: return "of no name";
  }
}

std::string without(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

/// The state of one transcript while it is played.
class Play {
 public:
  Play(const hks_entry& plugin, const Options& options)
      : plugin_(plugin), verbose_(options.verbose), newer_host_(options.newer_host_bytes) {}

  void run(const std::vector<Line>& lines) {
    for (size_t i = 0; i < lines.size();) {
      const Line& line = lines[i++];
      try {
        switch (line.kind) {
          case Line::role: role_ = line.word, player_.reset(), open(); break;
          case Line::ignore: ignored_.insert(line.type); break;
          case Line::newer_host:
            newer_host_ = uint32_t(line.value);
            if (player_) player_->newerHost(newer_host_);
            break;
          case Line::full_after: need("full-after").fullAfter(line.value); break;
          default: {
            size_t end = i;
            while (end < lines.size() && (lines[end].kind == Line::expect || lines[end].kind == Line::anything ||
                                          lines[end].kind == Line::status))
              ++end;
            exchange(line, lines, i, end);
            i = end;
          }
        }
      } catch (const BadLine&) {
        throw;
      } catch (const std::exception& e) {
        throw BadLine(line.number, without(e.what()));
      }
    }
  }

 private:
  void open() {
    player_ = std::make_unique<testing::Player>(plugin_, role_.c_str());
    player_->newerHost(newer_host_);
  }
  testing::Player& need(const char* who) {
    if (!player_) throw BadScript(std::string("'role control' (or another) must come before ") + who);
    return *player_;
  }

  void exchange(const Line& line, const std::vector<Line>& lines, size_t first, size_t end) {
    auto& player = need("the first >");
    json fields = line.fields;
    nameId(fields);
    const testing::Message in = messageOf(line.type, expand(fields, variables_));
    if (verbose_) *verbose_ << "> " << in << "\n";
    testing::Outputs came = player.step(in);
    if (verbose_)
      for (auto& m : came) *verbose_ << "< " << m << "\n";
    came.erase(std::remove_if(came.begin(), came.end(), [&](auto& m) { return ignored_.count(m.type) != 0; }),
               came.end());

    size_t next = 0;
    bool anything = false, status_checked = false;
    for (size_t i = first; i < end; ++i) {
      const Line& expected = lines[i];
      if (expected.kind == Line::anything) {
        anything = true;
      } else if (expected.kind == Line::status) {
        status_checked = true;
        checkStatus(expected.number, expected.word, came);
      } else {
        next = find(expected, came, next, anything);
        anything = false;
      }
    }
    if (!status_checked) checkStatus(line.number, "OK", came);
    if (!anything && next < came.size()) {
      const size_t number = end > first ? lines[end - 1].number : line.number;
      throw BadLine(number, "expected nothing more after this, got " + testing::print(came[next]) + all(came));
    }
  }

  /// The index after the output that is the expected one; throws when there is none.
  size_t find(const Line& expected, const testing::Outputs& came, size_t next, bool anything) {
    std::string first_reason;
    for (; next < came.size(); ++next) {
      std::string reason;
      if (came[next].type != expected.type) {
        reason = "got " + testing::messageName(came[next].type);
      } else {
        try {
          reason = mismatch(expected.type, expected.fields, came[next], variables_);
        } catch (const BadScript& e) {
          throw BadLine(expected.number, e.what());
        }
        if (reason.empty()) return next + 1;
      }
      if (first_reason.empty() || came[next].type == expected.type) first_reason = reason;
      if (!anything) break;
    }
    throw BadLine(expected.number, "expected " + testing::messageName(expected.type) + " " + dump(expected.fields) +
                                       "\n  " + (first_reason.empty() ? "nothing more came" : first_reason) +
                                       all(came));
  }

  void checkStatus(size_t number, const std::string& expected, const testing::Outputs& came) {
    const std::string got = statusName(player_->status());
    if (got != expected)
      throw BadLine(number, "expected the step to return " + expected + ", it returned " + got + all(came));
  }

  /// An id that is a new name is chosen here, as a host chooses it.
  void nameId(const json& fields) {
    if (!fields.contains("id")) return;
    const std::string name = variableName(fields["id"]);
    if (!name.empty() && !variables_.count(name)) variables_[name] = testing::hostId(++last_id_);
  }
  static std::string all(const testing::Outputs& came) { return "\n  the step sent:\n" + without(came.print()); }

  const hks_entry& plugin_;
  std::ostream* const verbose_;
  uint32_t newer_host_;
  std::string role_;
  std::unique_ptr<testing::Player> player_;
  Variables variables_;
  std::set<uint32_t> ignored_;
  uint64_t last_id_ = 0;
};

}  // namespace

std::vector<Failure> play(const hks_entry& plugin, const std::string& file, std::istream& script,
                          const Options& options) {
  try {
    const std::vector<Line> lines = parse(script);
    if (lines.empty()) throw BadLine(1, "the transcript is empty");
    Play(plugin, options).run(lines);
  } catch (const BadLine& e) {
    return {{file, e.line, e.what()}};
  }
  return {};
}

}  // namespace hks::transcript
