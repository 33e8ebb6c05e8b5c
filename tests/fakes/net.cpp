// Loop, timers and the small text helpers of net.hpp.
#include "tests/fakes/net_impl.hpp"

#include "tests/fakes/form.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <future>

namespace fakes {

namespace {

bool sameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

}  // namespace

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (sameName(key, name)) return value;
  return {};
}

std::string Request::path() const { return target.substr(0, target.find('?')); }

std::string Request::query(std::string_view name) const {
  const auto mark = target.find('?');
  if (mark == std::string::npos) return {};
  const Form form = decodeForm(std::string_view(target).substr(mark + 1));
  const std::string* value = find(form, name);
  return value ? *value : std::string();
}

Loop::Loop() : impl_(std::make_unique<Impl>()) { impl_->client_tls.set_verify_mode(asio::ssl::verify_none); }

Loop::~Loop() {
  stop();
  if (impl_->thread.joinable()) impl_->thread.join();
  for (Abandonable* socket : impl_->open) socket->abandon();
  const auto timers = std::exchange(impl_->timers, {});
}

void Loop::run() { impl_->io.run(); }

void Loop::start() {
  impl_->thread = std::thread([this] { run(); });
}

void Loop::stop() { impl_->io.stop(); }

void Loop::post(std::function<void()> task) { asio::post(impl_->io, std::move(task)); }

void Loop::call(const std::function<void()>& task) {
  // Shared: this thread may go on, and end, while the loop is still inside set_value().
  auto done = std::make_shared<std::promise<void>>();
  post([&task, done] {
    try {
      task();
      done->set_value();
    } catch (...) {
      done->set_exception(std::current_exception());  // rethrown to the caller by get()
    }
  });
  done->get_future().get();
}

void Loop::Impl::arm(TimerId id, const std::shared_ptr<Timer>& timer) {
  timer->timer.async_wait([this, id, timer](error_code error) {
    if (error || !timers.count(id)) return;
    if (timer->period.count() == 0) {
      timers.erase(id);
    } else {
      timer->timer.expires_at(timer->timer.expiry() + timer->period);
      arm(id, timer);
    }
    timer->task();
  });
}

Loop::TimerId Loop::after(std::uint32_t ms, std::function<void()> task) {
  const TimerId id = impl_->next_timer++;
  auto timer = std::make_shared<Impl::Timer>(impl_->io);
  timer->task = std::move(task);
  timer->timer.expires_after(std::chrono::milliseconds(ms));
  impl_->timers.emplace(id, timer);
  impl_->arm(id, timer);
  return id;
}

Loop::TimerId Loop::every(std::uint32_t ms, std::function<void()> task) {
  const TimerId id = impl_->next_timer++;
  auto timer = std::make_shared<Impl::Timer>(impl_->io);
  timer->task = std::move(task);
  timer->period = std::chrono::milliseconds(ms);
  timer->timer.expires_after(timer->period);
  impl_->timers.emplace(id, timer);
  impl_->arm(id, timer);
  return id;
}

void Loop::cancel(TimerId id) {
  const auto found = impl_->timers.find(id);
  if (found == impl_->timers.end()) return;
  found->second->timer.cancel();
  impl_->timers.erase(found);
}

std::uint64_t Loop::nowUs() const {
  return std::uint64_t(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

}  // namespace fakes
