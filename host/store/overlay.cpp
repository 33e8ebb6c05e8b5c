#include "host/store/overlay.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
#include <variant>

namespace hookswitch::store {
namespace {

StoredCall asRead(const SaveCall& save) {
  StoredCall out{save, {}, false};
  auto terms = std::make_shared<call::Terms>(*save.record.terms);
  terms->media_url.clear();  // as from the file: its token is a secret
  out.record.terms = std::move(terms);
  return out;
}

auto age(const call::Record& r) { return std::tie(r.started_unix_ms, r.terms->id); }

bool sameHook(const Hook& a, const Hook& b) { return a.phase == b.phase && a.plugin == b.plugin && a.call == b.call; }

}  // namespace

bool matches(const call::Record& r, const HistoryQuery& query) {
  if (r.status != call::Status::ended || (query.outcome && r.outcome != *query.outcome)) return false;
  if ((query.from_unix_ms && r.started_unix_ms < query.from_unix_ms) ||
      (query.to_unix_ms && r.started_unix_ms >= query.to_unix_ms))
    return false;
  if (query.before_started_unix_ms && age(r) >= std::tie(query.before_started_unix_ms, query.before)) return false;
  const auto is = [&](const std::string& number) {
    return number == query.number || number == otherSpelling(query.number);
  };
  return query.number.empty() || is(r.terms->to_number) || is(r.terms->from_number);
}

bool Overlay::waits(const std::string& beginning) const {
  bool any = false;
  backlog_.with(beginning, [&](const Write&) { return !(any = true); });
  return any;
}

std::optional<StoredCall> Overlay::call(const std::string& id) const {
  const Write* write = backlog_.find(Backlog::callKey(id));
  if (!write) return std::nullopt;
  return asRead(std::get<SaveCall>(*write));
}

void Overlay::details(StoredCall& call) const {
  if (empty()) return;
  auto& r = call.record;
  const std::string& id = r.terms->id;
  backlog_.with(Backlog::lineKeys(id), [&](const Write& write) {
    const call::Line& line = std::get<SaveLine>(write).line;
    auto& lines = r.transcript;
    const auto at = std::lower_bound(lines.begin(), lines.end(), line.number,
                                     [](const call::Line& l, std::uint32_t number) { return l.number < number; });
    const bool known = at != lines.end() && at->number == line.number;
    if (line.text.empty()) {
      if (known) lines.erase(at);
    } else if (known) {
      *at = line;
    } else {
      lines.insert(at, line);
    }
    call.stored = false;
    return true;
  });
  r.transcript_bytes = 0;
  for (const auto& line : r.transcript) {
    r.transcript_bytes += line.text.size();
    r.last_line = std::max(r.last_line, line.number);
  }
  backlog_.with(Backlog::hookKeys(id), [&](const Write& write) {
    Hook hook = std::get<SaveHook>(write).hook;
    hook.stored = call.stored = false;
    const auto known =
        std::find_if(call.hooks.begin(), call.hooks.end(), [&](const Hook& h) { return sameHook(h, hook); });
    if (known != call.hooks.end())
      *known = std::move(hook);
    else
      call.hooks.push_back(std::move(hook));
    return true;
  });
  if (call.stored) return;
  std::stable_sort(call.hooks.begin(), call.hooks.end(), [](const Hook& a, const Hook& b) {
    return std::tie(a.first_unix_ms, a.phase, a.plugin) < std::tie(b.first_unix_ms, b.phase, b.plugin);
  });
}

void Overlay::page(HistoryPage& page, const HistoryQuery& query, std::size_t limit) const {
  if (empty()) return;
  auto& calls = page.calls;
  const auto newer = [](const StoredCall& a, const StoredCall& b) { return age(a.record) > age(b.record); };
  // Behind the last one of a page that is not the last there are others of the file, which come first.
  const bool open = !page.last && !calls.empty();
  const call::Record oldest = open ? calls.back().record : call::Record{};
  // What waits takes the place of what the file has of the same call, or is told for the first time.
  calls.erase(std::remove_if(calls.begin(), calls.end(),
                             [&](const StoredCall& c) { return backlog_.find(Backlog::callKey(c.record.terms->id)); }),
              calls.end());
  for (auto& call : calls)
    call.stored = !waits(Backlog::lineKeys(call.record.terms->id)) && !waits(Backlog::hookKeys(call.record.terms->id));
  std::vector<const SaveCall*> waiting;  // chosen before they are copied: there may be many, with long prompts
  backlog_.with(Backlog::callKey({}), [&](const Write& write) {
    const SaveCall& save = std::get<SaveCall>(write);
    if (matches(save.record, query) && (!open || age(save.record) >= age(oldest))) waiting.push_back(&save);
    return true;
  });
  std::sort(waiting.begin(), waiting.end(),
            [](const SaveCall* a, const SaveCall* b) { return age(a->record) > age(b->record); });
  if (waiting.size() > limit) page.last = false;
  for (std::size_t i = 0; i < std::min(waiting.size(), limit); ++i) calls.push_back(asRead(*waiting[i]));
  std::sort(calls.begin(), calls.end(), newer);
  if (calls.empty()) page.last = true;
  if (calls.size() <= limit) return;
  calls.resize(limit);
  page.last = false;
}

std::size_t Overlay::hookCount(std::size_t most) const {
  std::size_t count = 0;
  backlog_.with(Backlog::allHooks(), [&](const Write&) { return ++count < most; });
  return count;
}

void Overlay::hooks(std::vector<Hook>& rows, const std::vector<call::HookRow::State>& states, std::size_t limit) const {
  if (!empty()) {
    rows.erase(
        std::remove_if(rows.begin(), rows.end(), [&](const Hook& h) { return backlog_.find(Backlog::hookKey(h)); }),
        rows.end());
    backlog_.with(Backlog::allHooks(), [&](const Write& write) {
      Hook hook = std::get<SaveHook>(write).hook;
      hook.stored = false;
      if (std::find(states.begin(), states.end(), hook.state) != states.end()) rows.push_back(std::move(hook));
      return true;
    });
    std::stable_sort(rows.begin(), rows.end(), [](const Hook& a, const Hook& b) {
      if (a.first_unix_ms != b.first_unix_ms) return a.first_unix_ms > b.first_unix_ms;
      return std::tie(a.call, a.phase, a.plugin) < std::tie(b.call, b.phase, b.plugin);
    });
  }
  if (rows.size() > limit) rows.resize(limit);
}

std::optional<SaveKey> Overlay::key(const std::string& key, bool& dropped) const {
  const Write* write = backlog_.find(Backlog::keyKey(key));
  dropped = write && std::holds_alternative<DropKey>(*write);
  if (!write || dropped) return std::nullopt;
  return std::get<SaveKey>(*write);
}

bool Overlay::knowsBase(const std::string& base_url) const {
  bool known = false;
  backlog_.with(Backlog::callKey({}), [&](const Write& write) {
    return !(known = std::get<SaveCall>(write).record.terms->base_url == base_url);
  });
  return known;
}

bool Overlay::knowsLeg(const std::string& carrier, const std::string& remote_id) const {
  bool known = backlog_.find(Backlog::legKey(carrier, remote_id));
  if (!known)
    backlog_.with(Backlog::callKey({}), [&](const Write& write) {
      const auto& record = std::get<SaveCall>(write).record;
      return !(known = record.remote_id == remote_id && record.terms->carrier == carrier);
    });
  return known;
}

}  // namespace hookswitch::store
