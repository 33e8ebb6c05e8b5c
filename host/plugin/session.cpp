#include "host/plugin/session.hpp"

#include <hookswitch/draft.h>

#include <atomic>
#include <cstring>

#include "host/base/stopwatch.hpp"
#include "host/plugin/blame.hpp"
#include "host/plugin/flood.hpp"

namespace hookswitch::plugin {
namespace {

std::atomic<std::size_t> open_sessions{0};

hks_status HKS_CALL putIntoQueue(const hks_sink* sink, const hks_msg* message) {
  if (!sink || !message) return HKS_INVALID;
  // An allocation that fails must not unwind through the plugin's frames.
  try {
    return static_cast<MessageQueue*>(sink->host)->put(*message);
  } catch (...) {
    return HKS_FULL;
  }
}

std::uint32_t HKS_CALL sizeInQueue(const hks_sink* sink, std::uint32_t type) {
  return static_cast<const MessageQueue*>(sink->host)->sizeOf(type);
}

char* HKS_CALL roomInQueue(const hks_sink* sink, std::uint64_t size) {
  try {
    return sink ? static_cast<MessageQueue*>(sink->host)->room(size) : nullptr;
  } catch (...) {
    return nullptr;
  }
}

const void* HKS_CALL extension(const hks_sink*, const char* id) {
  static constexpr hks_messages messages{&sizeInQueue};
  static constexpr hks_draft_room room{&roomInQueue};
  if (!id) return nullptr;
  if (std::strcmp(id, HKS_MESSAGES) == 0) return &messages;
  return std::strcmp(id, HKS_DRAFT_ROOM) == 0 ? &room : nullptr;
}

}  // namespace

std::unique_ptr<Session> Session::open(const hks_role& role, Stepped who) {
  hks_session* session = nullptr;
  {
    const Step mark(who, nullptr);
    try {
      session = role.open();
    } catch (...) {}  // as in step()
  }
  if (!session) return nullptr;
  ++open_sessions;
  return std::unique_ptr<Session>(new Session(role, session, std::move(who)));
}

Session::~Session() {
  {
    const Step mark(who_, nullptr);
    role_.close(session_);
  }
  --open_sessions;
}

std::size_t Session::openCount() { return open_sessions; }

hks_status Session::step(const hks_msg& message) {
  if (stepping_) return HKS_FAULT;
  if (!queue_.takes(message.type)) {
    FloodGate::of(who_.plugin).line(log::Level::error, who_.call, blame::misgiven(who_, message));
    return HKS_UNSUPPORTED;
  }
  stepping_ = true;
  const hks_sink sink{&queue_, &putIntoQueue, &extension};
  const base::Stopwatch watch;
  // The ABI forbids exceptions to cross; one that does is the plugin's fault, not a reason to end everybody's calls.
  hks_status status = HKS_FAULT;
  const Step mark(who_, &message);  // outside of the try: a plugin that ends its thread is still there when that fails
  try {
    status = role_.step(session_, &message, &sink);
  } catch (...) {}
  last_step_us_ = watch.us();
  stepping_ = false;
  if (queue_.complained())
    for (auto& complaint : queue_.takeComplaints())
      FloodGate::of(who_.plugin).line(log::Level::warning, who_.call, blame::refused(who_, message, complaint));
  faults_in_a_row_ = status < 0 ? faults_in_a_row_ + 1 : 0;
  return status;
}

void Session::logCaught(const hks_msg& message) const {
  base::logCaught("plugin." + who_.plugin, std::string("the message ") + typeName(message.type), who_.call);
}

}  // namespace hookswitch::plugin
