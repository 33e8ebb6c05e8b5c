// What came of an attempt: its value, or what went wrong.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace hookswitch::base {

/// What a Result is made of when there is no value: `return base::Failure("the file cannot be read")`.
template <class E = std::string>
struct Failure {
  E error;
  explicit Failure(E what) : error(std::move(what)) {}
};
Failure(const char*)->Failure<std::string>;

/// The one way in which a function says that it could not. `E` is by default a sentence that names what is wrong, what
/// was expected and what to do; another type carries more, such as a reason that its caller turns into a status. A
/// Result is used: the compiler warns of one that nobody looks at.
template <class T, class E = std::string>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  template <class F>
  Result(Failure<F> failure) : error_(std::move(failure.error)) {}

  explicit operator bool() const { return value_.has_value(); }
  T& operator*() & { return checked(value_); }
  const T& operator*() const& { return checked(value_); }
  T operator*() && { return std::move(checked(value_)); }  ///< a value of its own: a loop may run over it
  T* operator->() { return &checked(value_); }
  const T* operator->() const { return &checked(value_); }
  /// Only where there is no value.
  const E& error() const { return error_; }

 private:
  template <class V>
  static auto& checked(V& value) {
    assert(value);
    return *value;
  }
  std::optional<T> value_;
  E error_{};
};

/// Without a value: `return {}` is fine.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <class F>
  Result(Failure<F> failure) : error_(std::move(failure.error)) {}

  explicit operator bool() const { return !error_; }
  /// Only after a failure.
  const E& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace hookswitch::base
